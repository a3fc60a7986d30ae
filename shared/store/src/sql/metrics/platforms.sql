SELECT b.platform, sum(b.sessions::bigint)::bigint AS sessions
  FROM docent.daily_metrics d
 CROSS JOIN LATERAL jsonb_each_text(d.platform_breakdown) b (platform, sessions)
 WHERE d.organization_id = docent.current_organization() AND d.metric_date BETWEEN $1 AND $2
   AND ($3::uuid IS NULL OR d.chatbot_id = $3)
 GROUP BY b.platform
 ORDER BY sessions DESC, b.platform
