-- What is settled of these bytes stays as it is.
WITH begun AS (
    UPDATE docent.files
       SET status = 'processing', failure = NULL, etag = $4, size_bytes = $5, content_type = $6
     WHERE organization_id = docent.current_organization() AND session_id = $1 AND id = $2 AND filename = $3
       AND (etag IS DISTINCT FROM $4 OR status NOT IN ('completed', 'failed'))
    RETURNING id
)
SELECT EXISTS (SELECT FROM begun) AS is_begun
  FROM docent.files
 WHERE organization_id = docent.current_organization() AND session_id = $1 AND id = $2 AND filename = $3
