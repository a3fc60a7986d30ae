-- Every figure of every dashboard once more, from sessions and messages alone, by nothing that the product has: as one
-- would write it who has never seen the roll-up. As a superuser, past the walls; the rules are those of the organization, given
-- by the test.

CREATE TEMP TABLE rules (organization uuid, zone text, sla numeric, technical numeric, interaction numeric);

CREATE TEMP VIEW served AS
SELECT k.*, round(CASE WHEN k.engine IS NULL THEN k.people ELSE r.technical * k.engine + r.interaction * k.people END, 6) AS quality
  FROM rules r CROSS JOIN LATERAL (
    SELECT s.*, (s.started_at AT TIME ZONE r.zone)::date AS day,
           CASE WHEN s.avg_llm_latency_ms IS NULL AND m.answers IS NULL THEN NULL
                WHEN s.avg_llm_latency_ms IS NULL THEN 1 - m.errors::numeric / m.answers
                WHEN m.answers IS NULL THEN 1 - least(1, s.avg_llm_latency_ms / r.sla)
                ELSE (1 - least(1, s.avg_llm_latency_ms / r.sla) + 1 - m.errors::numeric / m.answers) / 2 END AS engine,
           CASE WHEN m.mood IS NULL THEN (s.status = 'complete')::integer
                ELSE ((s.status = 'complete')::integer + (m.mood + 1) / 2) / 2 END AS people
      FROM docent.sessions s
      LEFT JOIN (SELECT session_id, nullif(count(*) FILTER (WHERE role = 'assistant'), 0) AS answers,
                        count(*) FILTER (WHERE role = 'assistant' AND error) AS errors,
                        avg((sentiment ->> 'score')::numeric) AS mood
                   FROM docent.messages GROUP BY session_id) m ON m.session_id = s.id
     WHERE s.organization_id = r.organization AND s.message_count > 0) k;

CREATE TEMP VIEW said AS
SELECT m.*, s.chatbot_id AS bot, s.category, (m.created_at AT TIME ZONE r.zone)::date AS day
  FROM docent.messages m JOIN docent.sessions s ON s.id = m.session_id JOIN rules r ON r.organization = m.organization_id;

CREATE TEMP VIEW bots AS
SELECT c.id, c.name FROM docent.chatbots c JOIN rules r ON r.organization = c.organization_id;

CREATE FUNCTION pg_temp.figures(first date, last date, wanted uuid) RETURNS jsonb LANGUAGE sql AS $$
    SELECT to_jsonb(s) || to_jsonb(m) FROM (
        SELECT count(*) AS sessions,
               round(avg(duration_seconds), 1) AS avg_session_duration_seconds,
               round(avg(message_count), 2) AS avg_messages_per_session,
               round(avg(user_satisfaction_score), 2) AS avg_user_satisfaction,
               round(avg(quality), 4) AS avg_qoe,
               round(100.0 * (count(*) FILTER (WHERE nps_score IN (9, 10)) - count(*) FILTER (WHERE nps_score < 7))
                     / nullif(count(nps_score), 0), 1) AS nps
          FROM pg_temp.served WHERE day >= first AND day <= last AND (wanted IS NULL OR chatbot_id = wanted)) s, (
        SELECT count(*) AS messages,
               count(*) FILTER (WHERE role = 'user') AS questions,
               count(*) FILTER (WHERE role = 'assistant') AS answers,
               count(*) FILTER (WHERE abstained) AS abstained_answers,
               round(avg(abstained::integer) FILTER (WHERE role = 'assistant'), 4) AS abstained_rate,
               count(*) FILTER (WHERE role = 'assistant' AND confidence < 0.5 AND NOT abstained) AS low_confidence_answers,
               count(*) FILTER (WHERE error) AS failed_answers,
               round(avg(error::integer) FILTER (WHERE role = 'assistant'), 4) AS error_rate,
               round(avg(processing_time_ms) FILTER (WHERE role = 'assistant'), 1) AS avg_response_time_ms,
               coalesce(sum(total_tokens), 0) AS tokens,
               coalesce(sum(cost), 0)::numeric(18, 6)::text AS cost,
               count(*) FILTER (WHERE model IS NOT NULL AND cost IS NULL) AS unpriced_answers
          FROM pg_temp.said WHERE day >= first AND day <= last AND (wanted IS NULL OR bot = wanted)) m
$$;

CREATE FUNCTION pg_temp.executive(first date, last date, today date, month date, fiscal date) RETURNS jsonb LANGUAGE sql AS $$
    WITH once AS MATERIALIZED (SELECT * FROM pg_temp.served)
    SELECT jsonb_build_object(
        'kpis', jsonb_build_object(
            'queries_today', (SELECT count(*) FROM once WHERE day = today),
            'queries_mtd', (SELECT count(*) FROM once WHERE day BETWEEN month AND today),
            'queries_fy', (SELECT count(*) FROM once WHERE day BETWEEN fiscal AND today),
            'avg_qoe', pg_temp.figures(first, last, NULL) -> 'avg_qoe',
            'nps', pg_temp.figures(first, last, NULL) -> 'nps'),
        'timeseries', jsonb_build_object(
            'queries', (SELECT jsonb_agg(jsonb_build_object('date', d::date, 'count',
                            (SELECT count(*) FROM once WHERE day = d::date)) ORDER BY d)
                          FROM generate_series(first::timestamp, last, '1 day') d),
            'qoe', (SELECT jsonb_agg(jsonb_build_object('date', d::date, 'value',
                            (SELECT round(avg(quality), 4) FROM once WHERE day = d::date)) ORDER BY d)
                      FROM generate_series(first::timestamp, last, '1 day') d)),
        'top_categories', (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM (
            SELECT category, count(*) AS count FROM once
             WHERE day BETWEEN first AND last AND category IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10) c),
        'top_locations', (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM (
            SELECT location ->> 'country' AS country, location ->> 'region' AS region, count(*) AS count FROM once
             WHERE day BETWEEN first AND last AND location IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 10) c),
        'device_breakdown', (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM (
            SELECT device_type AS device, count(*) AS count FROM once
             WHERE day BETWEEN first AND last AND device_type IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10) c))
$$;

-- Exact times: the test rounds them.
CREATE FUNCTION pg_temp.latency(first date, last date, wanted uuid) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('p50', percentile_disc(0.5) WITHIN GROUP (ORDER BY processing_time_ms),
                              'p90', percentile_disc(0.9) WITHIN GROUP (ORDER BY processing_time_ms),
                              'p95', percentile_disc(0.95) WITHIN GROUP (ORDER BY processing_time_ms),
                              'p99', percentile_disc(0.99) WITHIN GROUP (ORDER BY processing_time_ms))
      FROM pg_temp.said WHERE day BETWEEN first AND last AND role = 'assistant' AND (wanted IS NULL OR bot = wanted)
$$;

CREATE FUNCTION pg_temp.models(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(to_jsonb(m)) FROM (
        SELECT provider_name AS provider, model, count(*) AS answers, sum(prompt_tokens) AS prompt_tokens,
               sum(completion_tokens) AS completion_tokens, sum(cost)::numeric(18, 6)::text AS cost,
               count(*) - count(cost) AS unpriced_answers
          FROM pg_temp.said WHERE day BETWEEN first AND last AND model IS NOT NULL
         GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2) m
$$;

CREATE FUNCTION pg_temp.chatbots(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(to_jsonb(m)) FROM (
        SELECT c.id AS chatbot_id, c.name,
               (SELECT count(*) FROM pg_temp.served s WHERE s.chatbot_id = c.id AND s.day BETWEEN first AND last) AS sessions,
               count(*) FILTER (WHERE m.role = 'assistant') AS answers, sum(m.total_tokens) AS tokens,
               sum(m.cost)::numeric(18, 6)::text AS cost
          FROM pg_temp.bots c JOIN pg_temp.said m ON m.bot = c.id AND m.day BETWEEN first AND last
         GROUP BY 1, 2 ORDER BY sum(m.cost) DESC, 2) m
$$;

CREATE FUNCTION pg_temp.standings(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(to_jsonb(m)) FROM (
        SELECT category, status, count(*) AS count, round(avg(avg_llm_latency_ms), 1) AS avg_llm_latency_ms,
               round(avg(quality), 4) AS avg_qoe
          FROM pg_temp.served WHERE day BETWEEN first AND last GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2) m
$$;

CREATE FUNCTION pg_temp.platforms(first date, last date, wanted uuid) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_object_agg(platform, count), '{}') FROM (
        SELECT platform, count(*) FROM pg_temp.served WHERE day BETWEEN first AND last AND chatbot_id = wanted GROUP BY 1) m
$$;

-- Message ids of answers that somebody should look at, newest first.
CREATE FUNCTION pg_temp.unanswered(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(id ORDER BY id DESC) FROM pg_temp.said WHERE day BETWEEN first AND last AND abstained
$$;
CREATE FUNCTION pg_temp.unsure(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(id ORDER BY id DESC) FROM pg_temp.said
     WHERE day BETWEEN first AND last AND role = 'assistant' AND NOT abstained AND confidence < 0.5
$$;

-- The file's rows, as text.
CREATE FUNCTION pg_temp.exported(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    WITH served AS MATERIALIZED (SELECT * FROM pg_temp.served), said AS MATERIALIZED (SELECT * FROM pg_temp.said)
    SELECT jsonb_agg(row ORDER BY row) FROM (
        SELECT concat_ws(',', d.day, c.name, s.sessions, m.messages, s.people, m.tokens, m.cost) AS row
          FROM pg_temp.bots c
         CROSS JOIN (SELECT generate_series(first::timestamp, last, '1 day')::date AS day) d
         CROSS JOIN LATERAL (SELECT count(*) AS sessions,
                                    count(DISTINCT coalesce(user_id::text, encode(user_identifier_hash, 'hex'))) AS people
                               FROM served s WHERE s.chatbot_id = c.id AND s.day = d.day) s
         CROSS JOIN LATERAL (SELECT count(*) AS messages, coalesce(sum(total_tokens), 0) AS tokens,
                                    coalesce(sum(cost), 0)::numeric(18, 6)::text AS cost
                               FROM said m WHERE m.bot = c.id AND m.day = d.day) m
         WHERE s.sessions + m.messages > 0) rows
$$;

-- What each person asked and cost, dearest first.
CREATE FUNCTION pg_temp.persons(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(to_jsonb(p)) FROM (
        SELECT coalesce(s.user_id::text, encode(s.user_identifier_hash, 'hex')) AS person, s.user_id,
               (SELECT u.display_name FROM docent.users u WHERE u.id = s.user_id) AS name,
               count(DISTINCT (m.session_id, m.day)) AS sessions, count(*) FILTER (WHERE m.role = 'user') AS questions,
               count(*) FILTER (WHERE m.role = 'assistant') AS answers,
               count(*) FILTER (WHERE m.role = 'assistant' AND m.abstained) AS abstained_answers,
               coalesce(sum(m.total_tokens), 0) AS tokens, coalesce(sum(m.cost), 0)::numeric(18, 6)::text AS cost,
               count(*) FILTER (WHERE m.model IS NOT NULL AND m.cost IS NULL) AS unpriced_answers
          FROM pg_temp.said m JOIN docent.sessions s ON s.id = m.session_id
         WHERE m.day BETWEEN first AND last AND (s.user_id IS NOT NULL OR s.user_identifier_hash IS NOT NULL)
         GROUP BY 1, 2 ORDER BY coalesce(sum(m.cost), 0) DESC, 8 DESC, 1 LIMIT 100) p
$$;

CREATE FUNCTION pg_temp.of_category(first date, last date, wanted text) RETURNS jsonb LANGUAGE sql AS $$
    WITH once AS MATERIALIZED (
        SELECT * FROM pg_temp.served WHERE day BETWEEN first AND last AND category IS NOT DISTINCT FROM wanted)
    SELECT jsonb_build_object(
        'period', jsonb_build_object('from', first, 'to', last), 'category', wanted, 'sessions', (SELECT count(*) FROM once),
        'sessions_by_status', (SELECT coalesce(jsonb_object_agg(status, count), '{}')
                                 FROM (SELECT status, count(*) FROM once GROUP BY 1) s),
        'days', (SELECT coalesce(jsonb_agg(to_jsonb(d)), '[]')
                   FROM (SELECT day AS date, count(*) AS count FROM once GROUP BY 1 ORDER BY 1) d),
        'intents', (SELECT coalesce(jsonb_agg(to_jsonb(i)), '[]')
                      FROM (SELECT intent, count(*) AS count FROM once GROUP BY 1 ORDER BY 2 DESC, 1) i))
$$;

-- Questions of which nothing but their words is kept, alike ones together.
CREATE FUNCTION pg_temp.clusters(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(to_jsonb(c)) FROM (
        SELECT q.content AS question, count(*) AS count, jsonb_agg(DISTINCT a.bot) AS chatbot_ids
          FROM pg_temp.said a JOIN docent.messages q
            ON q.session_id = a.session_id AND q.sequence_number = a.sequence_number - 1
         WHERE a.day BETWEEN first AND last AND a.abstained GROUP BY 1 ORDER BY 2 DESC, 1) c
$$;
