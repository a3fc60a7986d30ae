DELETE FROM docent.integrations WHERE organization_id = docent.current_organization() AND id = $1
