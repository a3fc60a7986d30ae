UPDATE docent.document_versions SET lease_until = NULL
 WHERE organization_id = docent.current_organization() AND state = 'building'
