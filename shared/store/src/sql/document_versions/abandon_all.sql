DELETE FROM docent.document_versions
 WHERE organization_id = docent.current_organization() AND state = 'building'
