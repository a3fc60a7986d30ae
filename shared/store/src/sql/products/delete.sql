DELETE FROM docent.products WHERE organization_id = docent.current_organization() AND id = $1
