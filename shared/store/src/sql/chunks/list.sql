-- Of active versions only: what readers see.
SELECT c.id, c.document_id, c.chunk_index, c.content, c.chunk_type, c.headings, c.page_number, c.byte_from, c.byte_to,
       c.token_count, c.language, c.confidence_score, c.metadata, c.context, c.is_active,
       coalesce(o.content IS NOT NULL, false) AS is_corrected,
       coalesce(o.updated_at, v.created_at) AS updated_at
  FROM docent.chunks c
  JOIN docent.documents d
    ON d.organization_id = c.organization_id AND d.id = c.document_id
   AND d.active_version_id = c.document_version_id
  JOIN docent.document_versions v
    ON v.organization_id = c.organization_id AND v.id = c.document_version_id
  LEFT JOIN docent.chunk_overrides o
    ON o.organization_id = c.organization_id AND o.document_id = c.document_id AND o.source_hash = c.source_hash
 WHERE c.organization_id = docent.current_organization() AND d.s3_bucket = $1
   AND ($2::uuid IS NULL OR c.id = $2)
   AND ($3::uuid IS NULL OR c.document_id = $3)
   AND c.chunk_index > $4
 ORDER BY c.chunk_index
 LIMIT $5
