-- How versions answered, in the order in which they are named: days as they were counted, also where their messages are gone, and days that
-- were written to since as they are now.
WITH written AS MATERIALIZED (
    SELECT DISTINCT d.day FROM docent.metric_days d
     WHERE d.organization_id = docent.current_organization()
       -- Of days before, the messages are no longer whole.
       AND d.day >= coalesce((SELECT h.messages_from FROM docent.metric_horizons h
                               WHERE h.organization_id = docent.current_organization()), '-infinity')
), days AS (
    SELECT v.config_version_id, v.answers::bigint AS answers, v.answered::bigint AS answered, v.confidence_sum, v.confidence_squares,
           v.likes::bigint AS likes, v.dislikes::bigint AS dislikes
      FROM docent.version_daily v
     WHERE v.organization_id = docent.current_organization() AND v.config_version_id = ANY ($1::uuid[])
       AND NOT EXISTS (SELECT FROM written w WHERE w.day = v.day)
    UNION ALL
    SELECT v.config_version_id, v.answers, v.answered, v.confidence_sum, v.confidence_squares, v.likes, v.dislikes
      FROM written w CROSS JOIN LATERAL docent.versions_of_day(w.day) v
     WHERE v.config_version_id = ANY ($1::uuid[])
)
SELECT coalesce(sum(d.answers), 0)::bigint AS answers,
       coalesce(sum(d.answered), 0)::bigint AS answered,
       (sum(d.confidence_sum) / nullif(sum(d.answers), 0))::float8 AS confidence,
       CASE WHEN sum(d.answers) > 1
            THEN sqrt(greatest(0, (sum(d.confidence_squares) - sum(d.confidence_sum) * sum(d.confidence_sum) / sum(d.answers))
                                  / (sum(d.answers) - 1)))::float8 END AS deviation,
       coalesce(sum(d.likes), 0)::bigint AS likes,
       coalesce(sum(d.dislikes), 0)::bigint AS dislikes
  FROM unnest($1::uuid[]) WITH ORDINALITY AS asked (id, place)
  LEFT JOIN days d ON d.config_version_id = asked.id
 GROUP BY asked.place
 ORDER BY asked.place
