-- Keys compare by their bytes, as S3 lists them.
SELECT d.s3_key, d.processing_status IN ('completed', 'failed') AS is_settled,
       -- Also where readers kept what they had.
       coalesce(coalesce(d.failure, made.reason) ->> 'code' IN ('internal', 'too_slow'), false) AS is_our_fault,
       coalesce(b.lease_until > now(), false) AS is_leased,
       made.etag, made.created_at AS made_at
  FROM docent.documents d
  LEFT JOIN LATERAL (
       SELECT v.etag, v.created_at, v.reason FROM docent.document_versions v
        WHERE v.organization_id = docent.current_organization() AND v.document_id = d.id
          AND (v.id = d.active_version_id OR v.state = 'failed'
               OR d.text_removed_at IS NOT NULL AND v.state = 'superseded')
        ORDER BY v.created_at DESC LIMIT 1) made ON true
  LEFT JOIN docent.document_versions b
    ON b.organization_id = d.organization_id AND b.document_id = d.id AND b.state = 'building'
 WHERE d.organization_id = docent.current_organization() AND d.s3_bucket = $1
   -- No object is what is to be.
   AND d.original_removed_at IS NULL
   AND d.s3_key COLLATE "C" > $2 AND ($3::text IS NULL OR d.s3_key COLLATE "C" <= $3)
 ORDER BY d.s3_key COLLATE "C"
