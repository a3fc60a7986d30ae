SELECT b.device, sum(b.sessions::bigint)::bigint AS sessions
  FROM docent.daily_metrics d
 CROSS JOIN LATERAL jsonb_each_text(d.device_breakdown) b (device, sessions)
 WHERE d.organization_id = docent.current_organization() AND d.metric_date BETWEEN $1 AND $2
 GROUP BY b.device
 ORDER BY sessions DESC, b.device
 LIMIT $3
