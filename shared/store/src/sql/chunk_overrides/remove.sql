DELETE FROM docent.chunk_overrides
 WHERE organization_id = docent.current_organization() AND document_id = $1 AND source_hash = $2
