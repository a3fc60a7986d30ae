-- An id begins with its time, which prunes months; it may be a little before its transaction.
SELECT id, event_type, event_category, severity, status, payload, session_id, user_id, api_key_id, resource_type, resource_id,
       ip_address, user_agent, created_at
  FROM docent.events
 WHERE organization_id = docent.current_organization()
   AND event_category = ANY ($1)
   AND ($2::text IS NULL OR event_type = $2)
   AND ($3::text IS NULL OR severity = $3)
   AND ($4::text IS NULL OR resource_type = $4)
   AND ($5::uuid IS NULL OR resource_id = $5)
   AND ($6::uuid IS NULL OR session_id = $6)
   AND ($7::uuid IS NULL OR user_id = $7)
   AND ($8::uuid IS NULL OR api_key_id = $8)
   AND ($9::timestamptz IS NULL OR (created_at >= $9 AND id >= docent.uuid_at(greatest($9 - interval '2 minutes', 'epoch'))))
   AND ($10::timestamptz IS NULL OR (created_at < $10 AND id < docent.uuid_at(greatest($10 + interval '2 minutes', 'epoch'))))
   AND ($11::uuid IS NULL OR id < $11)
 ORDER BY id DESC
 LIMIT $12
