SELECT url, s3_key, etag, last_modified, content_hash, visited_at
  FROM docent.web_pages
 WHERE organization_id = docent.current_organization() AND web_source_id = $1
