DELETE FROM docent.embeddings e
 WHERE e.organization_id = docent.current_organization() AND e.space_id = $2
   AND e.chunk_id IN (
        SELECT c.id FROM docent.documents d
          JOIN docent.chunks c ON c.organization_id = d.organization_id AND c.document_id = d.id
          JOIN docent.embeddings v ON v.organization_id = c.organization_id AND v.chunk_id = c.id AND v.space_id = $2
         WHERE d.organization_id = docent.current_organization() AND d.collection_id = $1
         LIMIT $3)
