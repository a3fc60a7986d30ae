UPDATE docent.web_sources w
   SET status = 'processing', last_visited_at = now()
  FROM docent.collections c
 WHERE w.organization_id = docent.current_organization() AND w.id = $1
   AND c.organization_id = docent.current_organization() AND c.id = w.collection_id
RETURNING w.kind, w.url, w.last_result, c.slug
