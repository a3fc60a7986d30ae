DELETE FROM docent.embeddings
 WHERE organization_id = docent.current_organization() AND chunk_id = ANY ($1)
