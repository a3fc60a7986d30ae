SELECT id FROM docent.users WHERE organization_id = docent.current_organization() AND external_id = $1
