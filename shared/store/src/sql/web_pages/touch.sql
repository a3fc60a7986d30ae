-- A page that never came is noted as well, or a visit of several units would ask for it in each of them.
INSERT INTO docent.web_pages (organization_id, web_source_id, url, s3_key)
SELECT docent.current_organization(), w.id, $2, $3
  FROM docent.web_sources w
 WHERE w.organization_id = docent.current_organization() AND w.id = $1
ON CONFLICT (organization_id, web_source_id, url) DO UPDATE SET visited_at = now()
