SELECT c.id, c.document_version_id, c.content, c.headings, c.context, d.title
  FROM docent.documents d
  JOIN docent.chunks c ON c.organization_id = d.organization_id AND c.document_version_id = d.active_version_id
 WHERE d.organization_id = docent.current_organization() AND d.collection_id = $1
   AND d.embeddings_removed_at IS NULL
   AND NOT EXISTS (SELECT FROM docent.embeddings e
                    WHERE e.organization_id = docent.current_organization() AND e.chunk_id = c.id
                      AND e.space_id = $2)
 ORDER BY c.document_version_id, c.chunk_index
 LIMIT $3
