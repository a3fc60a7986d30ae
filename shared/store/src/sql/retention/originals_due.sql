-- Documents whose original is to go, or was to go when a function died. What is being read is left until it is read. `is_last`:
-- nothing else of the document is left.
SELECT d.id, d.s3_key, d.processing_status = 'failed' OR d.text_removed_at IS NOT NULL AS is_last
  FROM docent.documents d
 WHERE d.organization_id = docent.current_organization() AND d.s3_bucket = $1 AND NOT d.original_is_deleted
   AND d.processing_status IN ('completed', 'failed')
   AND (d.original_removed_at IS NOT NULL OR coalesce(d.uploaded_at, d.processed_at, d.created_at) < $2)
   AND ($3::uuid IS NULL OR d.id > $3)
 ORDER BY d.id
 LIMIT $4
