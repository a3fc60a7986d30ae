-- What needs eyes, newest first. An id's beginning is its time: months outside are not looked at.
WITH waiting AS (
    SELECT m.id, m.session_id, s.chatbot_id, m.config_version_id, m.sequence_number, m.content, m.confidence, m.abstained,
           m.created_at, v.confidence_threshold, r.handled_at, r.handled_by, r.note,
           EXISTS (SELECT FROM docent.message_feedback f
                    WHERE f.organization_id = docent.current_organization() AND f.message_id = m.id
                      AND f.rating = 'negative') AS is_disliked,
           NOT m.abstained AND m.confidence < v.confidence_threshold + $5::real AS is_unsure,
           -- What was asked before it.
           coalesce((SELECT u.risk_flags @? '$.* ? (@ == true)' FROM docent.messages u
                      WHERE u.organization_id = docent.current_organization() AND u.session_id = m.session_id AND u.role = 'user'
                        AND u.id >= m.session_id AND u.sequence_number < m.sequence_number
                      ORDER BY u.sequence_number DESC LIMIT 1), false) AS is_risky
      FROM docent.messages m
      JOIN docent.sessions s ON s.organization_id = m.organization_id AND s.id = m.session_id
      LEFT JOIN docent.config_versions v ON v.organization_id = m.organization_id AND v.id = m.config_version_id
      LEFT JOIN docent.message_reviews r ON r.organization_id = m.organization_id AND r.message_id = m.id
     WHERE m.organization_id = docent.current_organization() AND m.role = 'assistant'
       AND m.created_at >= $1 AND m.id >= docent.uuid_at($1 - interval '1 hour')
       AND ($2::uuid IS NULL OR (m.created_at, m.id) < (
            SELECT c.created_at, c.id FROM docent.messages c
             WHERE c.organization_id = docent.current_organization() AND c.id = $2))
       AND ($3::uuid IS NULL OR s.chatbot_id = $3)
       AND (r.message_id IS NOT NULL) = $6
), page AS (
    SELECT w.* FROM waiting w
     WHERE CASE $4::text WHEN 'disliked' THEN w.is_disliked WHEN 'abstained' THEN w.abstained
                         WHEN 'low_confidence' THEN w.is_unsure WHEN 'risk' THEN w.is_risky
                         ELSE w.is_disliked OR w.abstained OR w.is_unsure OR w.is_risky END
     ORDER BY w.created_at DESC, w.id DESC
     LIMIT $7
)
SELECT page.id, page.session_id, page.chatbot_id, page.config_version_id, page.content, page.confidence, page.abstained,
       page.created_at, page.confidence_threshold, page.handled_at, page.handled_by, page.note, page.is_disliked,
       coalesce(page.is_unsure, false) AS is_unsure, page.is_risky, q.id AS question_id, q.content AS question,
       (SELECT jsonb_agg(jsonb_build_object('id', f.id, 'reason', f.reason, 'correction', f.correction,
                                            'is_accepted', f.accepted_at IS NOT NULL) ORDER BY f.id DESC)
          FROM docent.message_feedback f
         WHERE f.organization_id = docent.current_organization() AND f.message_id = page.id AND f.rating = 'negative'
       ) AS dislikes
  FROM page
  LEFT JOIN LATERAL (
    SELECT u.id, u.content FROM docent.messages u
     WHERE u.organization_id = docent.current_organization() AND u.session_id = page.session_id AND u.role = 'user'
       AND u.id >= page.session_id AND u.sequence_number < page.sequence_number
     -- The question that this answer's log is of; a log may be gone, then the last one before it.
     ORDER BY EXISTS (SELECT FROM docent.retrieval_logs l
                       WHERE l.organization_id = docent.current_organization() AND l.message_id = u.id
                         AND l.created_at = page.created_at) DESC,
              u.sequence_number DESC
     LIMIT 1) q ON true
 ORDER BY page.created_at DESC, page.id DESC
