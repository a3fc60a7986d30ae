-- The newest questions of a chatbot's newest conversations, each once, as they were searched for: a follow-up stands alone.
WITH talks AS (
    SELECT s.id FROM docent.sessions s
     WHERE s.organization_id = docent.current_organization() AND s.chatbot_id = $1 AND s.message_count > 0
     ORDER BY s.started_at DESC
     LIMIT $2
), asked AS (
    SELECT m.id, coalesce(l.rewritten_query, m.content) AS question
      FROM talks t
      JOIN docent.messages m ON m.organization_id = docent.current_organization() AND m.session_id = t.id AND m.role = 'user'
      LEFT JOIN LATERAL (
        SELECT r.rewritten_query FROM docent.retrieval_logs r
         WHERE r.organization_id = docent.current_organization() AND r.message_id = m.id
         ORDER BY r.id DESC
         LIMIT 1) l ON true
), once AS (
    SELECT DISTINCT ON (lower(btrim(a.question))) a.id, a.question
      FROM asked a
     WHERE char_length(a.question) <= $3
     ORDER BY lower(btrim(a.question)), a.id DESC
)
SELECT o.id, o.question FROM once o ORDER BY o.id DESC LIMIT $4
