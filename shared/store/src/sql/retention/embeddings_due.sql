-- Documents whose vectors are to go, or were going when a function died.
SELECT d.id, d.s3_key, false AS is_last
  FROM docent.documents d
 WHERE d.organization_id = docent.current_organization() AND d.s3_bucket = $1 AND d.processing_status = 'completed'
   AND d.text_removed_at IS NULL
   AND (d.embeddings_removed_at IS NULL AND coalesce(d.uploaded_at, d.processed_at, d.created_at) < $2
        OR d.embeddings_removed_at IS NOT NULL
           AND EXISTS (SELECT FROM docent.embeddings e
                        WHERE e.organization_id = docent.current_organization() AND e.document_version_id = d.active_version_id))
   AND ($3::uuid IS NULL OR d.id > $3)
 ORDER BY d.id
 LIMIT $4
