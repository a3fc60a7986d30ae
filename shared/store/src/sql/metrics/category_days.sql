SELECT c.day, c.sessions_count::bigint AS sessions
  FROM docent.mv_category_daily c
 WHERE c.organization_id = docent.current_organization() AND c.day BETWEEN $1 AND $2 AND c.category IS NOT DISTINCT FROM $3
 ORDER BY c.day
