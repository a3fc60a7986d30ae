SELECT l.place ->> 'country' AS country, l.place ->> 'region' AS region, sum((l.place ->> 'count')::bigint)::bigint AS sessions
  FROM docent.daily_metrics d
 CROSS JOIN LATERAL jsonb_array_elements(d.location_breakdown) l (place)
 WHERE d.organization_id = docent.current_organization() AND d.metric_date BETWEEN $1 AND $2
 GROUP BY 1, 2
 ORDER BY sessions DESC, country, region
 LIMIT $3
