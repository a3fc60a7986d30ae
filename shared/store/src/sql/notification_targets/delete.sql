DELETE FROM docent.notification_targets WHERE organization_id = docent.current_organization() AND id = $1
