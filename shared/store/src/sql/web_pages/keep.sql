INSERT INTO docent.web_pages (organization_id, web_source_id, url, s3_key, etag, last_modified, content_hash)
SELECT docent.current_organization(), w.id, $2, $3, $4, $5, $6
  FROM docent.web_sources w
 WHERE w.organization_id = docent.current_organization() AND w.id = $1
ON CONFLICT (organization_id, web_source_id, url) DO UPDATE
   SET s3_key = excluded.s3_key, etag = excluded.etag, last_modified = excluded.last_modified,
       content_hash = excluded.content_hash, visited_at = now()
