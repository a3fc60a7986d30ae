-- From this statement's commit on nobody finds it; what it leaves behind is cleared away after.
UPDATE docent.documents
   SET active_version_id = NULL, chunk_count = 0
 WHERE organization_id = docent.current_organization() AND s3_bucket = $1 AND s3_key = $2
RETURNING id
