-- From this statement's commit on nobody finds it, nor the answers that it brought; what it leaves behind is cleared away after.
WITH hidden AS (
    UPDATE docent.documents
       SET active_version_id = NULL, chunk_count = 0
     WHERE organization_id = docent.current_organization() AND s3_bucket = $1 AND s3_key = $2
    RETURNING id
), unsaid AS (
    DELETE FROM docent.curated_answers
     WHERE organization_id = docent.current_organization() AND document_id IN (SELECT id FROM hidden)
)
SELECT id FROM hidden
