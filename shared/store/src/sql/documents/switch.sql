WITH built AS (
    UPDATE docent.document_versions
       SET state = 'active', completed_at = now()
     WHERE organization_id = docent.current_organization() AND id = $2 AND document_id = $1
       AND state = 'building'
    RETURNING id
)
UPDATE docent.documents d
   SET active_version_id = built.id, processing_status = 'completed', failure = NULL, processed_at = now(),
       title = $3, language = $4, source_format = $5, page_count = $6, content_hash = $7, chunk_count = $8
  FROM built
 WHERE d.organization_id = docent.current_organization() AND d.id = $1
