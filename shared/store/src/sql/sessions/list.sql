WITH known AS (
    SELECT s.id, s.chatbot_id, s.platform, s.started_at, s.last_activity_at, s.ended_at, s.title, s.description, s.tags,
           s.archived, s.is_shared, s.category, s.intent, s.nps_score, s.context,
           s.message_count, s.total_tokens, s.total_cost::text AS total_cost,
           s.confidence_score::float8 AS confidence,
           -- Expiry is computed at read.
           CASE WHEN s.status = 'active' AND s.last_activity_at < now() - (SELECT docent.session_expiry()) THEN 'expired' ELSE s.status END AS status
      FROM docent.sessions s
     WHERE s.organization_id = docent.current_organization() AND ($1::uuid IS NULL OR s.id < $1)
       AND ($4::text IS NULL OR s.category = $4)
       AND ($5::text IS NULL OR s.platform = $5)
       AND ($6::uuid IS NULL OR s.chatbot_id = $6)
       AND ($7::boolean IS NULL OR s.archived = $7)
       AND ($8::text IS NULL OR $8 = ANY (s.tags))
       AND ($9::timestamptz IS NULL OR s.started_at >= $9)
       AND ($10::timestamptz IS NULL OR s.started_at < $10)
       AND ($12::text IS NULL OR s.user_id = (
            SELECT u.id FROM docent.users u
             WHERE u.organization_id = docent.current_organization() AND u.external_id = $12))
       AND ($11::text[] IS NULL OR EXISTS (
            SELECT FROM docent.messages m
             WHERE m.organization_id = docent.current_organization() AND m.session_id = s.id
               -- A session's id is older than its messages: no partition before it is looked at.
               AND m.id >= s.id
               -- All of the words, in one message.
               AND m.search_vector @@ (SELECT string_agg(docent.quoted_lexeme(w), ' & ')::tsquery FROM unnest($11) w)))
)
SELECT * FROM known s
 WHERE $3::text IS NULL OR s.status = $3
 ORDER BY s.id DESC
 LIMIT $2
