-- What is told of a ticket is for whoever reads tickets: here only which one it is.
SELECT d.id, d.kind, d.target_id, d.integration_id, d.escalation_id, d.session_id, d.channel, d.message_id, d.event,
       CASE d.kind WHEN 'ticket' THEN '{}'::jsonb ELSE d.payload END AS payload, d.status, d.attempts, d.next_attempt_at,
       d.last_status, d.last_error, d.delivered_at, d.created_at
  FROM docent.deliveries d
 WHERE d.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR d.target_id = $1)
   AND ($2::text IS NULL OR d.status = $2)
   AND ($3::uuid IS NULL OR d.id < $3)
   AND ($5::uuid IS NULL OR d.integration_id = $5)
   AND ($6::uuid IS NULL OR d.escalation_id = $6)
   AND ($7::text IS NULL OR d.kind = $7)
 ORDER BY d.id DESC
 LIMIT $4
