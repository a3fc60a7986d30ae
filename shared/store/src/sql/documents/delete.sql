DELETE FROM docent.documents
 WHERE organization_id = docent.current_organization() AND id = $1
