SELECT f.id, f.session_id, f.chatbot_id, f.caller_kind, f.caller_id, f.nps_score, f.rating, f.comments, f.created_at,
       f.updated_at
  FROM docent.session_feedback f
 WHERE f.organization_id = docent.current_organization() AND f.session_id = $1 AND ($2::uuid IS NULL OR f.id < $2)
 ORDER BY f.id DESC
 LIMIT $3
