-- Once, and as it was when it was looked at.
UPDATE docent.message_feedback
   SET curated_answer_id = $2, accepted_by = $3, accepted_at = now()
 WHERE organization_id = docent.current_organization() AND id = $1 AND accepted_at IS NULL AND correction = $4
