UPDATE docent.admin_feedback
   SET status = 'rejected', rejection_reason = $2, processed_by = $3, processed_at = now()
 WHERE organization_id = docent.current_organization() AND id = $1
