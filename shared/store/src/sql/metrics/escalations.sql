-- Tickets that were opened in a period, by state and priority; the row of neither is all of them, and always there.
SELECT e.status, e.priority, coalesce(sum(e.tickets), 0)::bigint AS tickets,
       round(sum(e.first_reply_sum) / nullif(sum(e.first_reply_count), 0), 1)::float8 AS first_reply_seconds,
       round(sum(e.resolution_sum) / nullif(sum(e.resolution_count), 0), 1)::float8 AS resolution_seconds
  FROM docent.escalation_daily e
 WHERE e.organization_id = docent.current_organization() AND e.day BETWEEN $1 AND $2
 GROUP BY GROUPING SETS ((e.status, e.priority), ())
 ORDER BY tickets DESC, e.status, e.priority
