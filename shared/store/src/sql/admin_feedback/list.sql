SELECT f.id, f.chatbot_id, f.message_id, f.feedback_text, f.feedback_type, f.severity, f.context, f.status, f.analysis_results,
       f.suggested_improvements, f.applied_changes, f.before_snapshot, f.after_snapshot, f.before_config_version_id,
       f.after_config_version_id, f.rejection_reason, f.created_by, f.processed_by, f.created_at,
       f.processed_at, f.applied_at, f.rolled_back_at, f.rolled_back_by, f.rolled_back_to_config_version_id
  FROM docent.admin_feedback f
 WHERE f.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR f.id = $1)
   AND ($2::uuid IS NULL OR f.chatbot_id = $2)
   AND ($3::text IS NULL OR f.status = $3)
   AND ($4::uuid IS NULL OR f.id < $4)
 ORDER BY f.id DESC
 LIMIT $5
