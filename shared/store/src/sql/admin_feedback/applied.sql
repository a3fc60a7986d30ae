UPDATE docent.admin_feedback
   SET status = 'applied', applied_changes = $2, before_snapshot = $3, after_snapshot = $4, before_config_version_id = $5,
       after_config_version_id = $6, processed_by = $7, applied_at = now()
 WHERE organization_id = docent.current_organization() AND id = $1
