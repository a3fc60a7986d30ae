SELECT d.id, d.processing_status,
       (SELECT v.etag FROM docent.document_versions v
         WHERE v.organization_id = docent.current_organization() AND v.document_id = d.id
           AND (v.id = d.active_version_id AND d.processing_status = 'completed'
                OR v.state = 'failed' AND d.processing_status = 'failed'
                   -- What was our fault, or only took too long, is tried again when it is uploaded again.
                   AND v.reason ->> 'code' NOT IN ('internal', 'too_slow'))
         ORDER BY v.created_at DESC LIMIT 1) AS settled_etag,
       (SELECT v.etag FROM docent.document_versions v
         WHERE v.organization_id = docent.current_organization() AND v.document_id = d.id
           AND v.state = 'building' AND v.created_at > now() - make_interval(secs => $3)
         ORDER BY v.created_at DESC LIMIT 1) AS building_etag
  FROM docent.documents d
 WHERE d.organization_id = docent.current_organization() AND d.s3_bucket = $1 AND d.s3_key = $2
   FOR UPDATE OF d
