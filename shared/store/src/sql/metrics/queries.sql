SELECT coalesce(sum(d.total_sessions) FILTER (WHERE d.metric_date = $1), 0)::bigint AS today,
       coalesce(sum(d.total_sessions) FILTER (WHERE d.metric_date >= $2), 0)::bigint AS month,
       coalesce(sum(d.total_sessions) FILTER (WHERE d.metric_date >= $3), 0)::bigint AS fiscal_year
  FROM docent.daily_metrics d
 WHERE d.organization_id = docent.current_organization() AND d.metric_date BETWEEN least($2, $3) AND $1
