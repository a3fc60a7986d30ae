SELECT v.id, v.title, v.product_id, v.product_name, v.processing_status, v.file_size, v.document_type, v.language,
       v.chunk_count, v.avg_chunk_confidence, v.created_at, v.processed_at
  FROM docent.document_processing_status v
 WHERE v.organization_id = docent.current_organization()
   AND ($1::text IS NULL OR v.processing_status = $1)
   AND ($2::uuid IS NULL OR v.id < $2)
 ORDER BY v.id DESC
 LIMIT $3
