UPDATE docent.admin_feedback
   SET status = 'completed', analysis_results = $2, suggested_improvements = $3, processed_by = $4, processed_at = now(),
       rejection_reason = NULL
 WHERE organization_id = docent.current_organization() AND id = $1
