-- The least time that so many of a hundred answers did not exceed, to two significant digits.
WITH buckets AS (
    SELECT b.bucket::integer AS ms, sum(b.answers::bigint) AS answers
      FROM docent.daily_metrics d
     CROSS JOIN LATERAL jsonb_each_text(d.latency_histogram) b (bucket, answers)
     WHERE d.organization_id = docent.current_organization() AND d.metric_date BETWEEN $1 AND $2
       AND ($3::uuid IS NULL OR d.chatbot_id = $3)
     GROUP BY 1
), upto AS (
    SELECT b.ms, sum(b.answers) OVER (ORDER BY b.ms) AS answers, sum(b.answers) OVER () AS total FROM buckets b
)
SELECT min(u.ms) FILTER (WHERE u.answers >= 0.50 * u.total) AS p50,
       min(u.ms) FILTER (WHERE u.answers >= 0.90 * u.total) AS p90,
       min(u.ms) FILTER (WHERE u.answers >= 0.95 * u.total) AS p95,
       min(u.ms) FILTER (WHERE u.answers >= 0.99 * u.total) AS p99
  FROM upto u
