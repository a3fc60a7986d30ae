DELETE FROM docent.embeddings e
 WHERE e.organization_id = docent.current_organization()
   AND (e.chunk_id, e.space_id) IN (
        SELECT o.chunk_id, o.space_id
          FROM docent.documents d
          JOIN docent.embeddings o ON o.organization_id = docent.current_organization() AND o.document_version_id = d.active_version_id
         WHERE d.organization_id = docent.current_organization() AND d.id = $1 AND d.embeddings_removed_at IS NOT NULL
         LIMIT $2)
