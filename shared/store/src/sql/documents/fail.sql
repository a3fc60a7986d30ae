-- A failure of ours says nothing of the bytes: where the version that readers see is of the same ones, they keep it, and only the
-- new version says why it failed.
WITH failed AS (
    UPDATE docent.document_versions
       SET state = 'failed', reason = $4, completed_at = now(), lease_until = NULL
     WHERE organization_id = docent.current_organization() AND id = $2 AND document_id = $1
       AND state = 'building' AND worker = $3
    RETURNING id, etag
), kept AS (
    SELECT a.id FROM failed
      JOIN docent.document_versions a
        ON a.organization_id = docent.current_organization() AND a.document_id = $1
       AND a.state = 'active' AND a.etag = failed.etag
     WHERE $4::jsonb ->> 'code' IN ('internal', 'too_slow')
), unsaid AS (
    -- The answers that its earlier bytes brought go with its passages: the bucket holds neither any more.
    DELETE FROM docent.curated_answers
     WHERE organization_id = docent.current_organization() AND document_id = $1 AND EXISTS (SELECT FROM failed)
       AND NOT EXISTS (SELECT FROM kept)
), judged AS (
    SELECT failed.id, kept.id AS kept FROM failed LEFT JOIN kept ON true
)
-- Against the row as it is when it is locked: what was hidden meanwhile stays hidden.
UPDATE docent.documents d
   SET active_version_id = CASE WHEN d.active_version_id = judged.kept THEN judged.kept END,
       chunk_count = CASE WHEN d.active_version_id = judged.kept THEN d.chunk_count ELSE 0 END,
       processing_status = CASE WHEN d.active_version_id = judged.kept THEN 'completed' ELSE 'failed' END,
       failure = CASE WHEN d.active_version_id = judged.kept THEN NULL ELSE $4::jsonb END,
       processed_at = CASE WHEN d.active_version_id = judged.kept THEN d.processed_at ELSE now() END
  FROM judged
 WHERE d.organization_id = docent.current_organization() AND d.id = $1
RETURNING d.active_version_id
