SELECT active_version_id FROM docent.documents
 WHERE organization_id = docent.current_organization() AND id = $1
