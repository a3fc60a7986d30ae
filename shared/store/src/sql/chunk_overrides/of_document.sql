SELECT source_hash, is_active, content FROM docent.chunk_overrides
 WHERE organization_id = docent.current_organization() AND document_id = $1
