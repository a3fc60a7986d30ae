WITH s AS (
    UPDATE docent.sessions
       SET title = CASE WHEN $2 THEN $3 ELSE title END,
           description = CASE WHEN $4 THEN $5 ELSE description END,
           category = CASE WHEN $6 THEN $7 ELSE category END,
           metadata = CASE WHEN $6 THEN metadata - 'category_by' ELSE metadata END,
           tags = coalesce($8, tags), archived = coalesce($9, archived), is_shared = coalesce($10, is_shared)
     WHERE organization_id = docent.current_organization() AND id = $1
    RETURNING *
)
SELECT s.id, s.chatbot_id, s.platform, s.started_at, s.last_activity_at, s.ended_at, s.title, s.description, s.tags,
       s.archived, s.is_shared, s.category, s.intent, s.nps_score, s.context,
       s.message_count, s.total_tokens, s.total_cost::text AS total_cost,
       s.confidence_score::float8 AS confidence,
       -- Expiry is computed at read.
       CASE WHEN s.status = 'active' AND s.last_activity_at < now() - (SELECT docent.session_expiry()) THEN 'expired' ELSE s.status END AS status
  FROM s
