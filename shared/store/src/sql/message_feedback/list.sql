SELECT f.id, f.message_id, f.session_id, f.chatbot_id, f.caller_kind, f.caller_id, f.rating, f.reason, f.correction,
       f.curated_answer_id, f.accepted_by, f.accepted_at, f.created_at, f.updated_at
  FROM docent.message_feedback f
 WHERE f.organization_id = docent.current_organization() AND f.message_id = $1 AND ($2::uuid IS NULL OR f.id < $2)
 ORDER BY f.id DESC
 LIMIT $3
