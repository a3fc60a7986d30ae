-- Disliked anew, or in other words, an answer waits for a reviewer again.
WITH reopened AS (
    DELETE FROM docent.message_reviews
     WHERE organization_id = docent.current_organization() AND message_id = $2 AND $7 = 'negative'
       AND NOT EXISTS (SELECT FROM docent.message_feedback f
                        WHERE f.organization_id = docent.current_organization() AND f.message_id = $2
                          AND f.caller_kind = $5 AND f.caller_id = $6 AND f.rating = $7
                          AND f.reason IS NOT DISTINCT FROM $8 AND f.correction IS NOT DISTINCT FROM $9)
)
INSERT INTO docent.message_feedback AS f (organization_id, id, message_id, session_id, chatbot_id, caller_kind, caller_id,
                                          rating, reason, correction)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (organization_id, message_id, caller_kind, caller_id) DO UPDATE
   SET rating = excluded.rating, reason = excluded.reason, correction = excluded.correction,
       -- What was accepted is of the words that were accepted.
       curated_answer_id = CASE WHEN f.correction = excluded.correction THEN f.curated_answer_id END,
       accepted_by = CASE WHEN f.correction = excluded.correction THEN f.accepted_by END,
       accepted_at = CASE WHEN f.correction = excluded.correction THEN f.accepted_at END
RETURNING f.id, f.message_id, f.session_id, f.chatbot_id, f.caller_kind, f.caller_id, f.rating, f.reason, f.correction,
          f.curated_answer_id, f.accepted_by, f.accepted_at, f.created_at, f.updated_at
