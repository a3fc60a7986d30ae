DELETE FROM docent.alert_rules WHERE organization_id = docent.current_organization() AND id = $1
