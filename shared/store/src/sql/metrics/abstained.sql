-- Questions that were not answered, newest first.
SELECT m.id, m.session_id, s.chatbot_id, s.category, m.created_at, m.confidence, m.content,
       (SELECT q.content FROM docent.messages q
         WHERE q.organization_id = docent.current_organization() AND q.session_id = m.session_id
           AND q.sequence_number < m.sequence_number AND q.role = 'user'
           -- A session's id is older than its messages, and the question is older than its answer.
           AND q.id >= docent.uuid_at(s.started_at - interval '1 day') AND q.id <= m.id
         ORDER BY q.sequence_number DESC LIMIT 1) AS question
  FROM docent.messages m
  JOIN docent.sessions s ON s.organization_id = m.organization_id AND s.id = m.session_id
  JOIN docent.organizations o ON o.id = m.organization_id
 WHERE m.organization_id = docent.current_organization() AND m.abstained
   AND m.id >= docent.uuid_at($1::date::timestamp AT TIME ZONE docent.time_zone_of(o.settings))
   AND m.id < docent.uuid_at(($2::date + 1)::timestamp AT TIME ZONE docent.time_zone_of(o.settings))
   AND ($3::uuid IS NULL OR m.id < $3)
 ORDER BY m.id DESC
 LIMIT $4
