WITH failed AS (
    UPDATE docent.document_versions
       SET state = 'failed', reason = $4, completed_at = now(), lease_until = NULL
     WHERE organization_id = docent.current_organization() AND id = $2 AND document_id = $1
       AND state = 'building' AND worker = $3
    RETURNING id
)
UPDATE docent.documents d
   SET active_version_id = NULL, chunk_count = 0, processing_status = 'failed', failure = $4,
       processed_at = now()
  FROM failed
 WHERE d.organization_id = docent.current_organization() AND d.id = $1
