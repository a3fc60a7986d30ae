-- Every day of a period, one without a session too.
SELECT g.day::date AS day, coalesce(sum(d.total_sessions), 0)::bigint AS sessions,
       round(sum(d.qoe_sum) / nullif(sum(d.qoe_count), 0), 4)::float8 AS qoe
  FROM generate_series($1::date::timestamp, $2::date::timestamp, interval '1 day') g (day)
  LEFT JOIN docent.daily_metrics d
    ON d.organization_id = docent.current_organization() AND d.metric_date = g.day::date
   AND ($3::uuid IS NULL OR d.chatbot_id = $3)
 GROUP BY g.day
 ORDER BY g.day
