WITH failed AS (
    UPDATE docent.document_versions
       SET state = 'failed', reason = $4, completed_at = now(), lease_until = NULL
     WHERE organization_id = docent.current_organization() AND id = $2 AND document_id = $1
       AND state = 'building' AND worker = $3
    RETURNING id
), unsaid AS (
    -- The answers that its earlier bytes brought go with its passages: the bucket holds neither any more.
    DELETE FROM docent.curated_answers
     WHERE organization_id = docent.current_organization() AND document_id = $1 AND EXISTS (SELECT FROM failed)
)
UPDATE docent.documents d
   SET active_version_id = NULL, chunk_count = 0, processing_status = 'failed', failure = $4,
       processed_at = now()
  FROM failed
 WHERE d.organization_id = docent.current_organization() AND d.id = $1
