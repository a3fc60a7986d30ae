SELECT id FROM docent.collections
 WHERE organization_id = docent.current_organization() AND (id = $1 OR slug = $2)
 ORDER BY (id = $1) IS TRUE DESC
 LIMIT 1
   FOR UPDATE
