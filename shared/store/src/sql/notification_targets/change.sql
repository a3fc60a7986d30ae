UPDATE docent.notification_targets
   SET name = $2, address = $3, severity = $4, is_enabled = $5
 WHERE organization_id = docent.current_organization() AND id = $1
