-- What is wanted within a category, by the sessions that began in a period; null: not known.
SELECT s.intent, count(*) AS sessions
  FROM docent.sessions s
  JOIN docent.organizations o ON o.id = s.organization_id
 WHERE s.organization_id = docent.current_organization() AND s.message_count > 0 AND s.category IS NOT DISTINCT FROM $3
   AND s.started_at >= $1::date::timestamp AT TIME ZONE docent.time_zone_of(o.settings)
   AND s.started_at < ($2::date + 1)::timestamp AT TIME ZONE docent.time_zone_of(o.settings)
 GROUP BY s.intent
 ORDER BY sessions DESC, s.intent
 LIMIT $4
