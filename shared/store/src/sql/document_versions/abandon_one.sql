DELETE FROM docent.document_versions
 WHERE organization_id = docent.current_organization() AND id = $1 AND worker = $2 AND state = 'building'
