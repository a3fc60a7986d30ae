SELECT w.id, w.collection_id, c.slug AS collection, w.kind, w.url, w.every_hours, w.status, w.last_result,
       w.last_visited_at, w.created_at, w.updated_at,
       (SELECT count(*) FROM docent.web_pages p
         WHERE p.organization_id = docent.current_organization() AND p.web_source_id = w.id
           AND p.content_hash IS NOT NULL) AS pages
  FROM docent.web_sources w
  JOIN docent.collections c ON c.organization_id = w.organization_id AND c.id = w.collection_id
 WHERE w.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR w.id = $1)
   AND ($2::text IS NULL OR c.slug = $2)
   AND ($3::uuid IS NULL OR w.id < $3)
 ORDER BY w.id DESC
 LIMIT $4
