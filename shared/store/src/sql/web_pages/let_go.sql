UPDATE docent.web_pages SET etag = NULL, last_modified = NULL, content_hash = NULL, visited_at = now()
 WHERE organization_id = docent.current_organization() AND web_source_id = $1 AND s3_key = $2
