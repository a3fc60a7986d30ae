-- Takes messages that no model has read yet, oldest first, and those that somebody took and left, a few times.
WITH taken AS (
    SELECT m.id
      FROM docent.messages m
     WHERE m.organization_id = docent.current_organization() AND m.role = 'user'
       AND m.created_at >= now() - make_interval(hours => $3::integer)
       AND m.id >= docent.uuid_at(now() - make_interval(hours => $3::integer + 1))
       AND (NOT m.metadata ? 'reading'
            OR m.metadata #>> '{reading,status}' = 'claimed'
               AND (m.metadata #>> '{reading,at}')::timestamptz < now() - make_interval(secs => $4::integer)
               AND (m.metadata #>> '{reading,attempts}')::integer < $5::integer)
     ORDER BY m.created_at, m.id
     LIMIT $6
       FOR UPDATE SKIP LOCKED
)
UPDATE docent.messages m
   SET metadata = m.metadata || jsonb_build_object('reading', jsonb_build_object(
           'status', 'claimed', 'claim', $1::text, 'model', $2::text, 'at', now(),
           'attempts', coalesce((m.metadata #>> '{reading,attempts}')::integer, 0) + 1))
  FROM taken, docent.sessions s
 WHERE m.organization_id = docent.current_organization() AND m.id = taken.id
   AND s.organization_id = docent.current_organization() AND s.id = m.session_id
RETURNING m.id, m.session_id, s.chatbot_id, m.content, m.sentiment, m.risk_flags
