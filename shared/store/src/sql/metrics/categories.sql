-- What is not known is no category.
SELECT c.category, sum(c.sessions_count)::bigint AS sessions
  FROM docent.mv_category_daily c
 WHERE c.organization_id = docent.current_organization() AND c.day BETWEEN $1 AND $2 AND c.category IS NOT NULL
 GROUP BY c.category
 ORDER BY sessions DESC, c.category
 LIMIT $3
