-- A statement of its own after the lock: what a function that held the lock before has committed is seen here.
SELECT d.id, num_nonnulls(d.original_removed_at, d.text_removed_at, d.embeddings_removed_at) > 0 AS has_expired,
       (SELECT v.fingerprint FROM docent.document_versions v
         WHERE v.organization_id = docent.current_organization() AND v.document_id = d.id
           AND (v.id = d.active_version_id AND d.processing_status = 'completed'
                OR v.state = 'failed' AND d.processing_status = 'failed'
                   -- What was our fault, or only took too long, is tried again whenever it is looked at.
                   AND v.reason ->> 'code' NOT IN ('internal', 'too_slow'))
         ORDER BY v.created_at DESC LIMIT 1) AS settled,
       b.id AS building, b.fingerprint, b.recipe, b.copied_from, b.chunks_done, b.chunks_total, b.deaths,
       coalesce(b.lease_until > now(), false) AS is_leased
  FROM docent.documents d
  LEFT JOIN docent.document_versions b
    ON b.organization_id = d.organization_id AND b.document_id = d.id AND b.state = 'building'
 WHERE d.organization_id = docent.current_organization() AND d.s3_bucket = $1 AND d.s3_key = $2
