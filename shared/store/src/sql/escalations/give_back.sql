-- The conversation goes on without people, or has come to its end.
UPDATE docent.sessions s
   SET status = $2, assigned_agent_id = NULL, last_activity_at = now(),
       ended_at = CASE WHEN $2 = 'complete' THEN now() ELSE s.ended_at END,
       duration_seconds = CASE WHEN $2 = 'complete' THEN extract(epoch FROM now() - s.started_at)::integer
                               ELSE s.duration_seconds END
  FROM docent.escalations e
 WHERE s.organization_id = docent.current_organization() AND e.organization_id = s.organization_id
   AND e.id = $1 AND s.id = e.session_id AND s.status = 'escalated'
