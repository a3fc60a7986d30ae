SELECT s.id, s.chatbot_id, s.platform, s.started_at, s.last_activity_at, s.ended_at, s.title,
       s.message_count, s.total_tokens, s.total_cost::text AS total_cost,
       s.confidence_score::float8 AS confidence,
       -- Expiry is computed at read: 24 hours without activity.
       CASE WHEN s.status = 'active' AND s.last_activity_at < now() - interval '24 hours' THEN 'expired' ELSE s.status END AS status
  FROM docent.sessions s
 WHERE s.organization_id = docent.current_organization() AND ($1 IS NULL OR s.id < $1)
 ORDER BY s.id DESC
 LIMIT $2
