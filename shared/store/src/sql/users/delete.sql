DELETE FROM docent.users WHERE organization_id = docent.current_organization() AND id = $1
