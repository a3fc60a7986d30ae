DELETE FROM docent.category_centroids WHERE organization_id = docent.current_organization() AND category_id = $1
