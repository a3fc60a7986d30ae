-- The newest version that came to an end: readers see it, or it failed, beside the one that they go on seeing too.
SELECT v.fingerprint
  FROM docent.documents d
  JOIN docent.document_versions v
    ON v.organization_id = d.organization_id AND v.document_id = d.id
   AND (v.id = d.active_version_id AND d.processing_status = 'completed'
        OR v.state = 'failed' AND d.processing_status IN ('completed', 'failed'))
 WHERE d.organization_id = docent.current_organization() AND d.s3_bucket = $1 AND d.s3_key = $2
 ORDER BY v.created_at DESC
 LIMIT 1
