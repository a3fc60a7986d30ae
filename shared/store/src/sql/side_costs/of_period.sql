-- The first row is all of it; then each purpose, dearest first.
SELECT c.purpose, sum(c.calls)::bigint AS calls, sum(c.tokens)::bigint AS tokens, sum(c.cost)::numeric(18, 9)::text AS cost,
       sum(c.unpriced)::bigint AS unpriced
  FROM (SELECT 'answers' AS purpose, coalesce(sum(d.answers), 0) AS calls, coalesce(sum(d.total_tokens_used), 0) AS tokens,
               coalesce(sum(d.total_cost_usd), 0) AS cost, coalesce(sum(d.unpriced_answers), 0) AS unpriced
          FROM docent.daily_metrics d
         WHERE d.organization_id = docent.current_organization() AND d.metric_date BETWEEN $1 AND $2
        UNION ALL
        SELECT s.purpose, sum(s.calls), sum(s.tokens), sum(s.cost), sum(s.unpriced)
          FROM docent.side_costs_daily s
         WHERE s.organization_id = docent.current_organization() AND s.day BETWEEN $1 AND $2
         GROUP BY s.purpose) c
 GROUP BY ROLLUP (c.purpose)
 ORDER BY GROUPING(c.purpose) DESC, sum(c.cost) DESC, c.purpose
