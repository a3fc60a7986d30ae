SELECT d.id, d.s3_key, d.title, d.processing_status, d.failure, d.chunk_count, v.etag, j.done, j.total
  FROM docent.documents d
  LEFT JOIN LATERAL (
        SELECT etag FROM docent.document_versions
         WHERE organization_id = docent.current_organization() AND document_id = d.id
         ORDER BY created_at DESC LIMIT 1) v ON true
  LEFT JOIN LATERAL (
        SELECT done, total FROM docent.ingestion_jobs
         WHERE organization_id = docent.current_organization() AND document_id = d.id
         ORDER BY created_at DESC LIMIT 1) j ON true
 WHERE d.organization_id = docent.current_organization() AND d.s3_bucket = $1
   AND (cardinality($2) = 0 OR d.s3_key = ANY ($2))
 ORDER BY d.s3_key
 LIMIT 10000
