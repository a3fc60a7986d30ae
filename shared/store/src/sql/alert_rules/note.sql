UPDATE docent.alert_rules
   SET pending_since = $2, clearing_since = $3, last_value = $4, evaluated_at = $5
 WHERE organization_id = docent.current_organization() AND id = $1
