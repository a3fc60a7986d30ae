-- Documents whose text is to go, or was going when a function died.
SELECT d.id, d.s3_key, d.original_is_deleted AS is_last
  FROM docent.documents d
 WHERE d.organization_id = docent.current_organization() AND d.s3_bucket = $1 AND d.processing_status = 'completed'
   AND (d.text_removed_at IS NULL AND coalesce(d.uploaded_at, d.processed_at, d.created_at) < $2
        OR d.text_removed_at IS NOT NULL
           AND EXISTS (SELECT FROM docent.chunks c
                        WHERE c.organization_id = docent.current_organization() AND c.document_id = d.id))
   AND ($3::uuid IS NULL OR d.id > $3)
 ORDER BY d.id
 LIMIT $4
