-- Sessions of a period by one thing that is known of who asks, within what is known of the others. What is not known is a value too.
SELECT v.value, sum(d.sessions_count)::bigint AS sessions,
       round(sum(d.qoe_sum) / nullif(sum(d.qoe_count), 0), 4)::float8 AS qoe,
       round((sum(d.nps_promoters) - sum(d.nps_detractors)) * 100.0
             / nullif(sum(d.nps_promoters + d.nps_passives + d.nps_detractors), 0), 1)::float8 AS nps,
       (sum(sum(d.sessions_count)) OVER ())::bigint AS total
  FROM docent.audience_daily d
 CROSS JOIN LATERAL (
    SELECT coalesce(CASE $3::text WHEN 'chatbot' THEN d.chatbot_id::text WHEN 'platform' THEN d.platform WHEN 'device' THEN d.device_type
                                  WHEN 'country' THEN d.country WHEN 'region' THEN d.region WHEN 'category' THEN d.category END,
                    'unknown') AS value) v
 WHERE d.organization_id = docent.current_organization() AND d.day BETWEEN $1 AND $2
   AND ($4::text IS NULL OR d.platform = $4)
   AND ($5::text IS NULL OR coalesce(d.device_type, 'unknown') = $5)
   AND ($6::text IS NULL OR coalesce(d.country, 'unknown') = $6)
   AND ($7::text IS NULL OR coalesce(d.region, 'unknown') = $7)
   AND ($8::text IS NULL OR coalesce(d.category, 'unknown') = $8)
 GROUP BY v.value
 ORDER BY sessions DESC, v.value
 LIMIT $9
