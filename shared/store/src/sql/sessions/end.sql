WITH s AS (
    UPDATE docent.sessions
       SET status = $2, ended_at = now(),
           duration_seconds = extract(epoch FROM now() - started_at)::integer
     WHERE organization_id = docent.current_organization() AND id = $1
       AND status IN ('active', 'expired', 'escalated')
    RETURNING *
)
SELECT s.id, s.chatbot_id, s.platform, s.started_at, s.last_activity_at, s.ended_at, s.title, s.description, s.tags,
       s.archived, s.is_shared, s.category, s.intent, s.nps_score, s.context,
       s.message_count, s.total_tokens, s.total_cost::text AS total_cost,
       s.confidence_score::float8 AS confidence,
       -- Expiry is computed at read.
       CASE WHEN s.status = 'active' AND s.last_activity_at < now() - (SELECT docent.session_expiry()) THEN 'expired' ELSE s.status END AS status
  FROM s
