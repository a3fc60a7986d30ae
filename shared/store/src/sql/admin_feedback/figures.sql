-- How a version answered: its newest answers, and what people said of them. An answer that broke off has no confidence, and
-- says nothing of the settings.
WITH version AS (
    SELECT v.id, v.created_at FROM docent.config_versions v
     WHERE v.organization_id = docent.current_organization() AND v.chatbot_id = $1 AND v.id = $2
), answers AS (
    SELECT m.id, m.confidence, m.abstained
      FROM docent.messages m, version
     WHERE m.organization_id = docent.current_organization() AND m.role = 'assistant'
       AND m.config_version_id = version.id AND m.confidence IS NOT NULL
       AND m.created_at >= version.created_at AND m.id >= docent.uuid_at(version.created_at - interval '1 hour')
     ORDER BY m.created_at DESC
     LIMIT $3
)
SELECT count(*) AS answers,
       count(*) FILTER (WHERE NOT a.abstained) AS answered,
       avg(a.confidence)::float8 AS confidence,
       stddev_samp(a.confidence)::float8 AS deviation,
       count(*) FILTER (WHERE a.abstained AND a.confidence >= $4::real) AS held_back,
       (percentile_cont(0.25) WITHIN GROUP (ORDER BY a.confidence) FILTER (WHERE a.abstained AND a.confidence >= $4::real))::float8
           AS held_back_quartile,
       coalesce(sum((SELECT count(*) FROM docent.message_feedback f
                      WHERE f.organization_id = docent.current_organization() AND f.message_id = a.id
                        AND f.rating = 'positive')), 0)::bigint AS likes,
       coalesce(sum((SELECT count(*) FROM docent.message_feedback f
                      WHERE f.organization_id = docent.current_organization() AND f.message_id = a.id
                        AND f.rating = 'negative')), 0)::bigint AS dislikes
  FROM answers a
