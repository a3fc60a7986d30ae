SELECT s.category, s.status, sum(s.sessions_count)::bigint AS sessions,
       round(sum(s.llm_latency_sum) / nullif(sum(s.llm_latency_count), 0), 1)::float8 AS llm_latency_ms,
       round(sum(s.qoe_sum) / nullif(sum(s.qoe_count), 0), 4)::float8 AS qoe
  FROM docent.mv_sessions_daily s
 WHERE s.organization_id = docent.current_organization() AND s.day BETWEEN $1 AND $2
 GROUP BY s.category, s.status
 ORDER BY sessions DESC, s.category, s.status
