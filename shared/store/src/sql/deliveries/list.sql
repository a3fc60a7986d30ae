SELECT d.id, d.target_id, d.event, d.payload, d.status, d.attempts, d.next_attempt_at, d.last_status, d.last_error,
       d.delivered_at, d.created_at
  FROM docent.deliveries d
 WHERE d.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR d.target_id = $1)
   AND ($2::text IS NULL OR d.status = $2)
   AND ($3::uuid IS NULL OR d.id < $3)
 ORDER BY d.id DESC
 LIMIT $4
