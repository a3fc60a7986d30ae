WITH opened AS (
    INSERT INTO docent.sessions (organization_id, id, chatbot_id, platform, user_identifier_hash,
                                 external_client_hash, device_type, location, context, user_id,
                                 user_identifier_ciphertext, external_client_ciphertext)
    SELECT docent.current_organization(), $1, c.id, $3, $4, $5, $6, $7, $8,
           (SELECT u.id FROM docent.users u
             WHERE u.organization_id = docent.current_organization() AND u.external_id = $9), $10, $11
      FROM docent.chatbots c
     WHERE c.organization_id = docent.current_organization() AND c.id = $2
       AND c.status IN ('active', 'testing')
    RETURNING *
)
SELECT s.id, s.chatbot_id, s.platform, s.started_at, s.last_activity_at, s.ended_at, s.title, s.description, s.tags,
       s.archived, s.is_shared, s.category, s.intent, s.nps_score, s.context,
       s.message_count, s.total_tokens, s.total_cost::text AS total_cost,
       s.confidence_score::float8 AS confidence,
       -- Expiry is computed at read.
       CASE WHEN s.status = 'active' AND s.last_activity_at < now() - (SELECT docent.session_expiry()) THEN 'expired' ELSE s.status END AS status
  FROM opened s
