-- A document without an original is to go as one whose object is deleted.
UPDATE docent.documents SET original_removed_at = NULL
 WHERE organization_id = docent.current_organization() AND s3_bucket = $1 AND s3_key = ANY ($2) AND original_removed_at IS NOT NULL
RETURNING s3_key
