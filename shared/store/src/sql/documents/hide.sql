-- From this statement's commit on nobody finds it, nor the answers that it brought; what it leaves behind is cleared away after.
-- A document whose original's time has passed goes on without it.
WITH hidden AS (
    UPDATE docent.documents
       SET active_version_id = CASE WHEN original_removed_at IS NOT NULL THEN active_version_id END,
           chunk_count = CASE WHEN original_removed_at IS NOT NULL THEN chunk_count ELSE 0 END
     WHERE organization_id = docent.current_organization() AND s3_bucket = $1 AND s3_key = $2
    RETURNING id, original_removed_at IS NOT NULL AS goes_on
), unsaid AS (
    DELETE FROM docent.curated_answers
     WHERE organization_id = docent.current_organization() AND document_id IN (SELECT id FROM hidden WHERE NOT goes_on)
)
SELECT id, goes_on FROM hidden
