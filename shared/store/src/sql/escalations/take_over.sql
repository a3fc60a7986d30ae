-- People have to do with the conversation. An agent who is a person of the organization is the session's as well.
UPDATE docent.sessions s
   SET status = CASE WHEN s.status IN ('active', 'expired') THEN 'escalated' ELSE s.status END,
       assigned_agent_id = (SELECT u.id FROM docent.users u
                             WHERE u.organization_id = docent.current_organization() AND u.id::text = lower(e.assigned_agent))
  FROM docent.escalations e
 WHERE s.organization_id = docent.current_organization() AND e.organization_id = s.organization_id
   AND e.id = $1 AND s.id = e.session_id
