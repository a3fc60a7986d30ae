SELECT id FROM docent.documents
 WHERE organization_id = docent.current_organization() AND s3_bucket = $1 AND s3_key = $2
   FOR UPDATE
