UPDATE docent.chunks SET is_active = $3
 WHERE organization_id = docent.current_organization() AND document_version_id = $1 AND source_hash = $2
