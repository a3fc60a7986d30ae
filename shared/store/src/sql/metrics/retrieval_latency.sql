-- The least time that so many of a hundred searches did not exceed, to two significant digits.
WITH buckets AS (
    SELECT b.bucket::integer AS ms, sum(b.searches::bigint) AS searches
      FROM docent.retrieval_daily d
     CROSS JOIN LATERAL jsonb_each_text(d.latency_histogram) b (bucket, searches)
     WHERE d.organization_id = docent.current_organization() AND d.day BETWEEN $1 AND $2
     GROUP BY 1
), upto AS (
    SELECT b.ms, sum(b.searches) OVER (ORDER BY b.ms) AS searches, sum(b.searches) OVER () AS total FROM buckets b
)
SELECT min(u.ms) FILTER (WHERE u.searches >= 0.50 * u.total) AS p50,
       min(u.ms) FILTER (WHERE u.searches >= 0.90 * u.total) AS p90,
       min(u.ms) FILTER (WHERE u.searches >= 0.95 * u.total) AS p95,
       min(u.ms) FILTER (WHERE u.searches >= 0.99 * u.total) AS p99
  FROM upto u
