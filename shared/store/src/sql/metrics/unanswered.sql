-- The newest questions of a period that were not answered, as they were searched for: the log and the answer were written in one
-- transaction, at one time.
SELECT q.id, m.session_id, s.chatbot_id, m.created_at, q.content AS question, l.space_id, l.query_embedding
  FROM docent.messages m
  JOIN docent.sessions s ON s.organization_id = m.organization_id AND s.id = m.session_id
  JOIN docent.organizations o ON o.id = m.organization_id
 CROSS JOIN LATERAL (
    SELECT q.id, q.content FROM docent.messages q
     WHERE q.organization_id = docent.current_organization() AND q.session_id = m.session_id
       AND q.sequence_number < m.sequence_number AND q.role = 'user'
       -- A session's id is older than its messages, and the question is older than its answer.
       AND q.id >= docent.uuid_at(s.started_at - interval '1 day') AND q.id <= m.id
     ORDER BY q.sequence_number DESC LIMIT 1) q
  LEFT JOIN docent.retrieval_logs l ON l.organization_id = docent.current_organization() AND l.message_id = q.id
       AND l.created_at = m.created_at
 WHERE m.organization_id = docent.current_organization() AND m.abstained
   AND m.id >= docent.uuid_at($1::date::timestamp AT TIME ZONE docent.time_zone_of(o.settings))
   AND m.id < docent.uuid_at(($2::date + 1)::timestamp AT TIME ZONE docent.time_zone_of(o.settings))
 ORDER BY m.id DESC
 LIMIT $3
