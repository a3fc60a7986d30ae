DELETE FROM docent.category_vectors WHERE organization_id = docent.current_organization() AND category_id = $1
