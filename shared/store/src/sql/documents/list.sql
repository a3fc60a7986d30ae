-- What is said of a version is of the active one, else of the latest.
SELECT d.id, d.collection_id, c.slug AS collection, d.title, d.filename, d.s3_key, d.processing_status, d.failure,
       d.document_type, d.product_id, d.language, d.source_format, d.source_url, d.mime_type, d.file_size, d.page_count,
       d.chunk_count, d.extracted_metadata, d.ocr_confidence, d.active_version_id, d.created_at, d.updated_at,
       d.processed_at, d.original_removed_at, d.text_removed_at, d.embeddings_removed_at, coalesce(v.unread_pages, '{}') AS unread_pages,
       coalesce(v.embedding_tokens, 0) AS embedding_tokens, v.embedding_cost::text AS embedding_cost,
       coalesce(v.tokens_are_estimated, false) AS tokens_are_estimated,
       coalesce(v.header_tokens, 0) AS header_tokens, v.header_cost::text AS header_cost,
       j.done, j.total
  FROM docent.documents d
  JOIN docent.collections c ON c.organization_id = d.organization_id AND c.id = d.collection_id
  LEFT JOIN LATERAL (
        SELECT unread_pages, embedding_tokens, embedding_cost, tokens_are_estimated, header_tokens, header_cost
          FROM docent.document_versions
         WHERE organization_id = docent.current_organization() AND document_id = d.id
         ORDER BY (id = d.active_version_id) IS TRUE DESC, created_at DESC LIMIT 1) v ON true
  LEFT JOIN LATERAL (
        SELECT done, total FROM docent.ingestion_jobs
         WHERE organization_id = docent.current_organization() AND document_id = d.id AND kind = 'ingest'
         ORDER BY created_at DESC LIMIT 1) j ON true
 WHERE d.organization_id = docent.current_organization() AND d.s3_bucket = $1
   AND ($2::uuid IS NULL OR d.id = $2)
   AND ($3::text IS NULL OR c.slug = $3)
   AND ($4::text IS NULL OR d.processing_status = $4)
   AND ($5::text IS NULL OR position(lower($5) IN lower(d.title || ' ' || d.s3_key)) > 0)
   AND ($6::uuid IS NULL OR d.id < $6)
 ORDER BY d.id DESC
 LIMIT $7
