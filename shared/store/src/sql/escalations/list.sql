SELECT e.id, e.session_id, e.chatbot_id, e.opened_by_kind, e.opened_by_id, e.reason, e.summary, e.details, e.owner_team,
       e.priority, e.status, e.assigned_agent, e.external_ticket_id, e.first_reply_at, e.resolved_at, e.created_at,
       e.updated_at, s.status AS session_status
  FROM docent.escalations e
  JOIN docent.sessions s ON s.organization_id = e.organization_id AND s.id = e.session_id
 WHERE e.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR e.id = $1)
   AND ($2::text IS NULL OR e.status = $2)
   AND ($3::text IS NULL OR e.priority = $3)
   AND ($4::text IS NULL OR e.assigned_agent = $4)
   AND ($5::uuid IS NULL OR e.chatbot_id = $5)
   AND ($6::uuid IS NULL OR e.session_id = $6)
   AND ($7::uuid IS NULL OR e.id < $7)
 ORDER BY e.id DESC
 LIMIT $8
