-- Every figure of every dashboard once more, from sessions, messages, searches and tickets alone, by nothing that the product has: as one
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

-- Whatever models were paid: answers, and calls beside them.
CREATE TEMP VIEW paid AS
SELECT m.day, m.bot, 'answers' AS purpose, m.total_tokens AS tokens, m.cost, m.role = 'assistant' AS is_call,
       m.model IS NOT NULL AND m.cost IS NULL AS is_unpriced
  FROM said m
UNION ALL
SELECT (s.created_at AT TIME ZONE r.zone)::date, s.chatbot_id, s.purpose, s.tokens, s.cost, true, s.cost IS NULL
  FROM docent.side_costs s JOIN rules r ON r.organization = s.organization_id;

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
    WITH once AS MATERIALIZED (SELECT * FROM pg_temp.served), days AS (
        SELECT day, count(*) AS sessions, round(avg(quality), 4) AS quality FROM once GROUP BY day)
    SELECT jsonb_build_object(
        'kpis', jsonb_build_object(
            'queries_today', (SELECT count(*) FROM once WHERE day = today),
            'queries_mtd', (SELECT count(*) FROM once WHERE day BETWEEN month AND today),
            'queries_fy', (SELECT count(*) FROM once WHERE day BETWEEN fiscal AND today),
            'avg_qoe', pg_temp.figures(first, last, NULL) -> 'avg_qoe',
            'nps', pg_temp.figures(first, last, NULL) -> 'nps'),
        'timeseries', jsonb_build_object(
            'queries', (SELECT jsonb_agg(jsonb_build_object('date', d::date, 'count', coalesce(o.sessions, 0)) ORDER BY d)
                          FROM generate_series(first::timestamp, last, '1 day') d LEFT JOIN days o ON o.day = d::date),
            'qoe', (SELECT jsonb_agg(jsonb_build_object('date', d::date, 'value', o.quality) ORDER BY d)
                      FROM generate_series(first::timestamp, last, '1 day') d LEFT JOIN days o ON o.day = d::date)),
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
               sum(completion_tokens) AS completion_tokens, coalesce(sum(cost), 0)::numeric(18, 6)::text AS cost,
               count(*) - count(cost) AS unpriced_answers
          FROM pg_temp.said WHERE day BETWEEN first AND last AND model IS NOT NULL
         GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2) m
$$;

CREATE FUNCTION pg_temp.costs(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    WITH paid AS MATERIALIZED (SELECT * FROM pg_temp.paid WHERE day BETWEEN first AND last)
    SELECT jsonb_build_object(
        'total', (SELECT coalesce(sum(cost), 0)::numeric(18, 9)::text FROM paid),
        'unpriced_calls', (SELECT count(*) FILTER (WHERE is_unpriced) FROM paid),
        'by_purpose', (SELECT jsonb_agg(to_jsonb(p)) FROM (
            SELECT purpose, count(*) FILTER (WHERE is_call) AS calls, coalesce(sum(tokens), 0) AS tokens,
                   coalesce(sum(cost), 0)::numeric(18, 9)::text AS cost, count(*) FILTER (WHERE is_unpriced) AS unpriced_calls
              FROM paid GROUP BY 1 ORDER BY coalesce(sum(cost), 0) DESC, 1) p))
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

-- Answers that somebody should look at, newest first: the question is the last thing that was asked before.
CREATE FUNCTION pg_temp.answers(first date, last date, wanted text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('message_id', a.id, 'session_id', a.session_id, 'chatbot_id', a.bot,
               'category', a.category, 'confidence', a.confidence, 'answer', a.content, 'question', q.content,
               'created_at', extract(epoch FROM a.created_at)) ORDER BY a.id DESC), '[]')
      FROM pg_temp.said a
      LEFT JOIN docent.messages q ON q.session_id = a.session_id AND q.sequence_number = a.sequence_number - 1
     WHERE a.day BETWEEN first AND last
       AND CASE wanted WHEN 'unanswered' THEN a.abstained
                       ELSE a.role = 'assistant' AND NOT a.abstained AND a.confidence < 0.5 END
$$;

CREATE FUNCTION pg_temp.nps(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('score', pg_temp.figures(first, last, NULL) -> 'nps',
               'promoters', count(*) FILTER (WHERE nps_score > 8), 'passives', count(*) FILTER (WHERE nps_score IN (7, 8)),
               'detractors', count(*) FILTER (WHERE nps_score < 7))
      FROM pg_temp.served WHERE day BETWEEN first AND last
$$;

-- A row each day and chatbot with something in it.
CREATE FUNCTION pg_temp.days(first date, last date) RETURNS TABLE (
    day date, bot uuid, sessions bigint, people bigint, durations bigint, lasted bigint, session_messages bigint, rated bigint, stars bigint,
    promoters bigint, passives bigint, detractors bigint, quality numeric, qualities bigint, messages bigint, questions bigint,
    answers bigint, failed bigint, abstained bigint, unsure bigint, unpriced bigint, timed bigint, took bigint, tokens bigint, cost numeric
) LANGUAGE sql AS $$
    SELECT coalesce(s.day, m.day), coalesce(s.bot, m.bot), coalesce(sessions, 0), coalesce(people, 0), coalesce(durations, 0),
           coalesce(lasted, 0), coalesce(session_messages, 0), coalesce(rated, 0), coalesce(stars, 0), coalesce(promoters, 0),
           coalesce(passives, 0), coalesce(detractors, 0), coalesce(quality, 0), coalesce(qualities, 0), coalesce(messages, 0),
           coalesce(questions, 0), coalesce(answers, 0), coalesce(failed, 0), coalesce(abstained, 0), coalesce(unsure, 0),
           coalesce(unpriced, 0), coalesce(timed, 0), coalesce(took, 0), coalesce(tokens, 0), coalesce(cost, 0)
      FROM (SELECT day, chatbot_id AS bot, count(*) AS sessions,
                   count(DISTINCT coalesce(user_id::text, encode(user_identifier_hash, 'hex'))) AS people,
                   count(duration_seconds) AS durations, sum(duration_seconds) AS lasted, sum(message_count) AS session_messages,
                   count(user_satisfaction_score) AS rated, sum(user_satisfaction_score) AS stars,
                   count(*) FILTER (WHERE nps_score > 8) AS promoters, count(*) FILTER (WHERE nps_score IN (7, 8)) AS passives,
                   count(*) FILTER (WHERE nps_score < 7) AS detractors, sum(quality) AS quality, count(quality) AS qualities
              FROM pg_temp.served WHERE day BETWEEN first AND last GROUP BY 1, 2) s
      FULL JOIN (SELECT day, bot, count(*) AS messages, count(*) FILTER (WHERE role = 'user') AS questions,
                   count(*) FILTER (WHERE role = 'assistant') AS answers, count(*) FILTER (WHERE error) AS failed,
                   count(*) FILTER (WHERE abstained) AS abstained,
                   count(*) FILTER (WHERE role = 'assistant' AND confidence < 0.5 AND NOT abstained) AS unsure,
                   count(*) FILTER (WHERE model IS NOT NULL AND cost IS NULL) AS unpriced,
                   count(processing_time_ms) FILTER (WHERE role = 'assistant') AS timed,
                   sum(processing_time_ms) FILTER (WHERE role = 'assistant') AS took, sum(total_tokens) AS tokens, sum(cost) AS cost
              FROM pg_temp.said WHERE day BETWEEN first AND last GROUP BY 1, 2) m ON m.day = s.day AND m.bot = s.bot
$$;

-- ── Searches, tickets, and who asks from where ────────────────────────────────────────────────────────
-- One a search whose conversation is there still.
CREATE TEMP VIEW searched AS
SELECT (l.created_at AT TIME ZONE r.zone)::date AS day, s.chatbot_id AS bot,
       (SELECT count(*) FROM unnest(l.similarity_scores) score WHERE score >= l.retrieval_threshold) AS good,
       (SELECT max(score)::numeric(12, 6) FROM unnest(l.similarity_scores) score) AS best,
       l.rewritten_query IS NOT NULL AS is_rewritten, l.reranker_model IS NOT NULL AS is_reranked,
       EXISTS (SELECT FROM docent.messages a JOIN docent.citations c ON c.organization_id = a.organization_id AND c.message_id = a.id
                WHERE a.organization_id = l.organization_id AND a.session_id = l.session_id AND a.created_at = l.created_at
                  AND a.role = 'assistant') AS is_cited,
       (SELECT sum(value::integer) FROM jsonb_each_text(l.timings)
         WHERE key IN ('rewrite_ms', 'embed_ms', 'search_ms', 'rerank_ms'))::integer AS ms
  FROM docent.retrieval_logs l JOIN docent.sessions s ON s.id = l.session_id JOIN rules r ON r.organization = l.organization_id;

CREATE TEMP VIEW tickets AS
SELECT (e.created_at AT TIME ZONE r.zone)::date AS day, e.chatbot_id AS bot, e.status, e.priority,
       extract(epoch FROM e.first_reply_at) - extract(epoch FROM e.created_at) AS replied,
       CASE WHEN e.status IN ('resolved', 'closed') THEN extract(epoch FROM e.resolved_at) - extract(epoch FROM e.created_at) END AS ended
  FROM docent.escalations e JOIN rules r ON r.organization = e.organization_id;

CREATE FUNCTION pg_temp.retrieval(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    SELECT to_jsonb(s) FROM (
        SELECT count(*) AS searches, count(*) FILTER (WHERE good = 0) AS empty_searches,
               round(avg((good = 0)::integer), 4) AS empty_rate, round(avg(best), 4) AS avg_top_score,
               round(avg(good), 2) AS avg_passages, count(*) FILTER (WHERE is_cited) AS cited_searches,
               round(avg(is_cited::integer), 4) AS cited_rate, count(*) FILTER (WHERE is_rewritten) AS rewritten_searches,
               count(*) FILTER (WHERE is_reranked) AS reranked_searches
          FROM pg_temp.searched WHERE day BETWEEN first AND last) s
$$;

-- Exact times: the test rounds them.
CREATE FUNCTION pg_temp.retrieval_latency(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('p50', percentile_disc(0.5) WITHIN GROUP (ORDER BY ms), 'p90', percentile_disc(0.9) WITHIN GROUP (ORDER BY ms),
                              'p95', percentile_disc(0.95) WITHIN GROUP (ORDER BY ms), 'p99', percentile_disc(0.99) WITHIN GROUP (ORDER BY ms))
      FROM pg_temp.searched WHERE day BETWEEN first AND last
$$;

CREATE FUNCTION pg_temp.escalations(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    WITH once AS MATERIALIZED (SELECT * FROM pg_temp.tickets WHERE day BETWEEN first AND last)
    SELECT jsonb_build_object(
        'opened', (SELECT count(*) FROM once),
        'by_status', (SELECT coalesce(jsonb_object_agg(status, n), '{}') FROM (SELECT status, count(*) AS n FROM once GROUP BY 1) s),
        'by_priority', (SELECT coalesce(jsonb_object_agg(priority, n), '{}') FROM (SELECT priority, count(*) AS n FROM once GROUP BY 1) s),
        'avg_first_reply_seconds', (SELECT round(avg(replied), 1) FROM once),
        'avg_resolution_seconds', (SELECT round(avg(ended), 1) FROM once),
        'groups', (SELECT coalesce(jsonb_agg(to_jsonb(g)), '[]') FROM (
            SELECT status, priority, count(*) AS count, round(avg(replied), 1) AS avg_first_reply_seconds,
                   round(avg(ended), 1) AS avg_resolution_seconds
              FROM once GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2) g))
$$;

-- Sessions told apart by one thing, of those that have the values given.
CREATE FUNCTION pg_temp.drilled(first date, last date, thing text, wanted jsonb) RETURNS jsonb LANGUAGE sql AS $$
    WITH known AS (
        SELECT quality, nps_score, jsonb_build_object('chatbot', chatbot_id, 'platform', platform, 'device', coalesce(device_type, 'unknown'),
                   'country', coalesce(location ->> 'country', 'unknown'), 'region', coalesce(location ->> 'region', 'unknown'),
                   'category', coalesce(category, 'unknown')) AS things
          FROM pg_temp.served WHERE day BETWEEN first AND last
    ), once AS MATERIALIZED (SELECT * FROM known WHERE things @> wanted)
    SELECT jsonb_build_object(
        'period', jsonb_build_object('from', first, 'to', last), 'by', thing, 'sessions', (SELECT count(*) FROM once),
        'values', (SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') FROM (
            SELECT things ->> thing AS value, count(*) AS count, round(avg(quality), 4) AS avg_qoe,
                   round(100.0 * (count(*) FILTER (WHERE nps_score IN (9, 10)) - count(*) FILTER (WHERE nps_score < 7))
                         / nullif(count(nps_score), 0), 1) AS nps
              FROM once GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50) v))
$$;

-- The file's rows, by its columns' names; a bot without a row of its own figures, and no bot at all, have one when something was paid.
CREATE FUNCTION pg_temp.exported(first date, last date) RETURNS jsonb LANGUAGE sql AS $$
    WITH days AS MATERIALIZED (SELECT * FROM pg_temp.days(first, last)),
    beside AS (
        SELECT day, bot, coalesce(sum(cost) FILTER (WHERE purpose = 'names'), 0) AS names,
               coalesce(sum(cost) FILTER (WHERE purpose = 'readings'), 0) AS readings,
               coalesce(sum(cost) FILTER (WHERE purpose = 'replays'), 0) AS replays,
               coalesce(sum(cost) FILTER (WHERE purpose = 'analyses'), 0) AS analyses,
               coalesce(sum(cost) FILTER (WHERE purpose = 'ingestion'), 0) AS ingestion,
               coalesce(sum(cost) FILTER (WHERE purpose = 'reembedding'), 0) AS reembedding,
               coalesce(sum(cost), 0) AS everything, count(*) FILTER (WHERE is_unpriced) AS unpriced
          FROM pg_temp.paid WHERE day BETWEEN first AND last GROUP BY 1, 2
    )
    SELECT jsonb_agg(jsonb_build_object(
               'metric_date', k.day, 'chatbot_id', k.bot, 'chatbot', c.name, 'total_sessions', coalesce(d.sessions, 0),
               'total_messages', coalesce(d.messages, 0), 'unique_users', coalesce(d.people, 0),
               'avg_session_duration_seconds', coalesce(round(d.lasted / nullif(d.durations, 0)::numeric), 0),
               'avg_messages_per_session', coalesce(d.session_messages / nullif(d.sessions, 0)::float8, 0),
               'avg_response_time_ms', coalesce(round(d.took / nullif(d.timed, 0)::numeric), 0),
               'total_tokens_used', coalesce(d.tokens, 0), 'total_cost_usd', coalesce(d.cost, 0)::numeric(18, 6),
               'avg_user_satisfaction', d.stars / nullif(d.rated, 0)::float8,
               'successful_responses_ratio', (d.answers - d.failed) / nullif(d.answers, 0)::float8, 'questions', coalesce(d.questions, 0),
               'answers', coalesce(d.answers, 0), 'failed_answers', coalesce(d.failed, 0), 'abstained_answers', coalesce(d.abstained, 0),
               'unsure_answers', coalesce(d.unsure, 0), 'nps_promoters', coalesce(d.promoters, 0),
               'nps_passives', coalesce(d.passives, 0), 'nps_detractors', coalesce(d.detractors, 0),
               'avg_qoe', round(d.quality / nullif(d.qualities, 0), 4), 'searches', coalesce(l.searches, 0),
               'empty_searches', coalesce(l.empty, 0), 'avg_top_score', l.best, 'escalations', coalesce(t.opened, 0),
               'resolved_escalations', coalesce(t.ended, 0), 'avg_resolution_seconds', t.took)
           || jsonb_build_object(
               'names_cost_usd', coalesce(b.names, 0), 'readings_cost_usd', coalesce(b.readings, 0),
               'replays_cost_usd', coalesce(b.replays, 0), 'analyses_cost_usd', coalesce(b.analyses, 0),
               'ingestion_cost_usd', coalesce(b.ingestion, 0), 'reembedding_cost_usd', coalesce(b.reembedding, 0),
               'all_costs_usd', coalesce(b.everything, 0), 'unpriced_calls', coalesce(b.unpriced, 0)) ORDER BY k.day, c.name, k.bot)
      FROM (SELECT day, bot FROM days UNION SELECT day, bot FROM pg_temp.tickets UNION SELECT day, bot FROM beside) k
      LEFT JOIN pg_temp.bots c ON c.id = k.bot
      LEFT JOIN days d ON d.day = k.day AND d.bot = k.bot
      LEFT JOIN (SELECT day, bot, count(*) AS searches, count(*) FILTER (WHERE good = 0) AS empty, round(avg(best), 4) AS best
                   FROM pg_temp.searched GROUP BY 1, 2) l ON l.day = k.day AND l.bot = k.bot
      LEFT JOIN (SELECT day, bot, count(*) AS opened, count(ended) AS ended, round(avg(ended), 1) AS took
                   FROM pg_temp.tickets GROUP BY 1, 2) t ON t.day = k.day AND t.bot = k.bot
      LEFT JOIN beside b ON b.day = k.day AND b.bot IS NOT DISTINCT FROM k.bot
     WHERE k.day BETWEEN first AND last
$$;

-- ── What is kept between sessions and dashboards ─────────────────────────────────────────────────────
CREATE FUNCTION pg_temp.in_order(list jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(e ORDER BY e), '[]') FROM jsonb_array_elements(list) e
$$;

-- The tables as they are, every column but keys and times of writing.
CREATE FUNCTION pg_temp.kept() RETURNS TABLE (name text, kept jsonb) LANGUAGE sql AS $$
    SELECT 'daily_metrics', to_jsonb(d) - 'id' - 'created_at' - 'organization_id' || jsonb_build_object(
               'location_breakdown', pg_temp.in_order(d.location_breakdown), 'model_usage', pg_temp.in_order(d.model_usage))
      FROM docent.daily_metrics d JOIN rules r ON r.organization = d.organization_id
    UNION ALL
    SELECT 'mv_sessions_daily', to_jsonb(d) - 'organization_id'
      FROM docent.mv_sessions_daily d JOIN rules r ON r.organization = d.organization_id
    UNION ALL
    SELECT 'mv_category_daily', to_jsonb(d) - 'organization_id'
      FROM docent.mv_category_daily d JOIN rules r ON r.organization = d.organization_id
    UNION ALL
    SELECT 'person_daily', to_jsonb(d) - 'organization_id'
      FROM docent.person_daily d JOIN rules r ON r.organization = d.organization_id
    UNION ALL
    SELECT 'version_daily', to_jsonb(d) - 'organization_id'
      FROM docent.version_daily d JOIN rules r ON r.organization = d.organization_id
    UNION ALL
    SELECT 'side_costs_daily', to_jsonb(d) - 'organization_id'
      FROM docent.side_costs_daily d JOIN rules r ON r.organization = d.organization_id
    UNION ALL
    SELECT 'retrieval_daily', to_jsonb(d) - 'organization_id'
      FROM docent.retrieval_daily d JOIN rules r ON r.organization = d.organization_id
    UNION ALL
    SELECT 'escalation_daily', to_jsonb(d) - 'organization_id'
      FROM docent.escalation_daily d JOIN rules r ON r.organization = d.organization_id
    UNION ALL
    SELECT 'audience_daily', to_jsonb(d) - 'organization_id'
      FROM docent.audience_daily d JOIN rules r ON r.organization = d.organization_id
$$;

-- Milliseconds to two digits, up.
CREATE FUNCTION pg_temp.two_digits(ms numeric) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN ms < 100 THEN ms
                ELSE div(ms + 10 ^ (floor(log(ms)) - 1) - 1, 10 ^ (floor(log(ms)) - 1)) * 10 ^ (floor(log(ms)) - 1) END::integer
$$;

-- The same, from sessions and messages.
CREATE FUNCTION pg_temp.anew() RETURNS TABLE (name text, kept jsonb) LANGUAGE sql AS $$
    WITH served AS MATERIALIZED (SELECT * FROM pg_temp.served), said AS MATERIALIZED (SELECT * FROM pg_temp.said),
    platforms AS (
        SELECT day, chatbot_id AS bot, jsonb_object_agg(platform, n) AS all_of FROM (
            SELECT day, chatbot_id, platform, count(*) AS n FROM served GROUP BY 1, 2, 3) p GROUP BY 1, 2
    ), devices AS (
        SELECT day, chatbot_id AS bot, jsonb_object_agg(device_type, n) AS all_of FROM (
            SELECT day, chatbot_id, device_type, count(*) AS n FROM served WHERE device_type IS NOT NULL GROUP BY 1, 2, 3) p GROUP BY 1, 2
    ), places AS (
        SELECT day, chatbot_id AS bot, jsonb_agg(jsonb_build_object('country', country, 'region', region, 'count', n)) AS all_of FROM (
            SELECT day, chatbot_id, location ->> 'country' AS country, location ->> 'region' AS region, count(*) AS n
              FROM served WHERE location ->> 'country' IS NOT NULL GROUP BY 1, 2, 3, 4) p GROUP BY 1, 2
    ), times AS (
        SELECT day, bot, jsonb_object_agg(ms, n) AS all_of FROM (
            SELECT day, bot, count(*) AS n, pg_temp.two_digits(processing_time_ms) AS ms FROM said
             WHERE role = 'assistant' AND processing_time_ms IS NOT NULL GROUP BY 1, 2, 4) p GROUP BY 1, 2
    ), searches AS (
        SELECT day, bot, jsonb_object_agg(ms, n) AS all_of FROM (
            SELECT day, bot, count(*) AS n, pg_temp.two_digits(ms) AS ms FROM pg_temp.searched
             WHERE ms IS NOT NULL GROUP BY 1, 2, 4) p GROUP BY 1, 2
    ), models AS (
        SELECT day, bot, jsonb_agg(jsonb_build_object('provider', provider_name, 'model', model, 'answers', n, 'prompt_tokens', p,
                   'completion_tokens', c, 'cost', cost, 'unpriced', u)) AS all_of FROM (
            SELECT day, bot, provider_name, model, count(*) AS n, coalesce(sum(prompt_tokens), 0) AS p,
                   coalesce(sum(completion_tokens), 0) AS c, coalesce(sum(cost), 0) AS cost, count(*) - count(cost) AS u
              FROM said WHERE model IS NOT NULL GROUP BY 1, 2, 3, 4) p GROUP BY 1, 2
    )
    SELECT 'daily_metrics', jsonb_build_object(
               'chatbot_id', d.bot, 'metric_date', d.day, 'total_sessions', d.sessions, 'total_messages', d.messages,
               'unique_users', d.people, 'avg_session_duration_seconds', coalesce(round(d.lasted / nullif(d.durations, 0)::numeric), 0),
               'avg_messages_per_session', coalesce(d.session_messages / nullif(d.sessions, 0)::float8, 0),
               'avg_response_time_ms', coalesce(round(d.took / nullif(d.timed, 0)::numeric), 0), 'total_tokens_used', d.tokens,
               'total_cost_usd', d.cost, 'avg_user_satisfaction', d.stars / nullif(d.rated, 0)::float8,
               'successful_responses_ratio', (d.answers - d.failed) / nullif(d.answers, 0)::float8,
               'platform_breakdown', coalesce(p.all_of, '{}'), 'questions', d.questions)
           || jsonb_build_object(
               'answers', d.answers, 'failed_answers', d.failed, 'abstained_answers', d.abstained, 'unsure_answers', d.unsure,
               'unpriced_answers', d.unpriced, 'duration_sum', d.lasted, 'duration_count', d.durations,
               'session_messages_sum', d.session_messages, 'response_time_sum', d.took, 'response_time_count', d.timed,
               'satisfaction_sum', d.stars, 'satisfaction_count', d.rated, 'nps_promoters', d.promoters, 'nps_passives', d.passives,
               'nps_detractors', d.detractors, 'qoe_sum', d.quality, 'qoe_count', d.qualities,
               'device_breakdown', coalesce(v.all_of, '{}'), 'location_breakdown', pg_temp.in_order(coalesce(l.all_of, '[]')),
               'latency_histogram', coalesce(t.all_of, '{}'), 'model_usage', pg_temp.in_order(coalesce(m.all_of, '[]')))
      FROM pg_temp.days('-infinity', 'infinity') d
      LEFT JOIN platforms p ON p.day = d.day AND p.bot = d.bot
      LEFT JOIN devices v ON v.day = d.day AND v.bot = d.bot
      LEFT JOIN places l ON l.day = d.day AND l.bot = d.bot
      LEFT JOIN times t ON t.day = d.day AND t.bot = d.bot
      LEFT JOIN models m ON m.day = d.day AND m.bot = d.bot
    UNION ALL
    SELECT 'mv_sessions_daily', to_jsonb(s) FROM (
        SELECT day, category, status, count(*) AS sessions_count, avg(avg_llm_latency_ms) AS avg_llm_latency, avg(quality) AS avg_qoe,
               coalesce(sum(avg_llm_latency_ms), 0) AS llm_latency_sum, count(avg_llm_latency_ms) AS llm_latency_count,
               coalesce(sum(quality), 0) AS qoe_sum, count(quality) AS qoe_count
          FROM served GROUP BY 1, 2, 3) s
    UNION ALL
    SELECT 'mv_category_daily', to_jsonb(s) FROM (
        SELECT day, category, count(*) AS sessions_count FROM served GROUP BY 1, 2) s
    UNION ALL
    SELECT 'person_daily', to_jsonb(p) FROM (
        SELECT m.day, coalesce(s.user_id::text, encode(s.user_identifier_hash, 'hex')) AS person, s.user_id,
               count(DISTINCT s.id) AS sessions_count, count(*) FILTER (WHERE m.role = 'user') AS questions,
               count(*) FILTER (WHERE m.role = 'assistant') AS answers, count(*) FILTER (WHERE m.abstained) AS abstained,
               coalesce(sum(m.total_tokens), 0) AS tokens, coalesce(sum(m.cost), 0) AS cost,
               count(*) FILTER (WHERE m.model IS NOT NULL AND m.cost IS NULL) AS unpriced
          FROM said m JOIN docent.sessions s ON s.id = m.session_id
         WHERE s.user_id IS NOT NULL OR s.user_identifier_hash IS NOT NULL
         GROUP BY 1, 2, 3) p
    UNION ALL
    SELECT 'version_daily', to_jsonb(v) FROM (
        SELECT m.day, m.config_version_id, count(*) AS answers, count(*) - count(*) FILTER (WHERE m.abstained) AS answered,
               sum(m.confidence::numeric) AS confidence_sum, sum(m.confidence::numeric * m.confidence::numeric) AS confidence_squares,
               coalesce(sum(t.likes), 0) AS likes, coalesce(sum(t.dislikes), 0) AS dislikes
          FROM said m
          LEFT JOIN (SELECT message_id, count(*) FILTER (WHERE rating = 'positive') AS likes,
                            count(*) FILTER (WHERE rating <> 'positive') AS dislikes
                       FROM docent.message_feedback GROUP BY 1) t ON t.message_id = m.id
         WHERE m.config_version_id IS NOT NULL AND m.confidence IS NOT NULL GROUP BY 1, 2) v
    UNION ALL
    SELECT 'side_costs_daily', to_jsonb(c) FROM (
        SELECT day, purpose, bot AS chatbot_id, count(*) AS calls, sum(tokens) AS tokens, coalesce(sum(cost), 0) AS cost,
               count(*) - count(cost) AS unpriced
          FROM pg_temp.paid WHERE purpose <> 'answers' GROUP BY 1, 2, 3) c
    UNION ALL
    SELECT 'retrieval_daily', to_jsonb(l) FROM (
        SELECT s.day, s.bot AS chatbot_id, count(*) AS searches, count(*) FILTER (WHERE s.good = 0) AS empty_searches,
               count(*) FILTER (WHERE s.is_rewritten) AS rewritten_searches, count(*) FILTER (WHERE s.is_reranked) AS reranked_searches,
               count(*) FILTER (WHERE s.is_cited) AS cited_searches, sum(s.good) AS passages_sum,
               coalesce(sum(s.best), 0) AS top_score_sum, count(s.best) AS top_score_count,
               coalesce((SELECT t.all_of FROM searches t WHERE t.day = s.day AND t.bot = s.bot), '{}') AS latency_histogram
          FROM pg_temp.searched s GROUP BY s.day, s.bot) l
    UNION ALL
    SELECT 'escalation_daily', to_jsonb(t) FROM (
        SELECT day, bot AS chatbot_id, status, priority, count(*) AS tickets, coalesce(sum(replied), 0) AS first_reply_sum,
               count(replied) AS first_reply_count, coalesce(sum(ended), 0) AS resolution_sum, count(ended) AS resolution_count
          FROM pg_temp.tickets GROUP BY 1, 2, 3, 4) t
    UNION ALL
    SELECT 'audience_daily', to_jsonb(a) FROM (
        SELECT day, chatbot_id, platform, device_type, location ->> 'country' AS country, location ->> 'region' AS region, category,
               count(*) AS sessions_count, count(*) FILTER (WHERE nps_score > 8) AS nps_promoters,
               count(*) FILTER (WHERE nps_score IN (7, 8)) AS nps_passives, count(*) FILTER (WHERE nps_score < 7) AS nps_detractors,
               coalesce(sum(quality), 0) AS qoe_sum, count(quality) AS qoe_count
          FROM served GROUP BY 1, 2, 3, 4, 5, 6, 7) a
$$;

-- Rows of which one side knows nothing, some of them; and how many rows were compared, by table.
CREATE FUNCTION pg_temp.tables() RETURNS jsonb LANGUAGE sql AS $$
    WITH kept AS MATERIALIZED (SELECT * FROM pg_temp.kept()), anew AS MATERIALIZED (SELECT * FROM pg_temp.anew())
    SELECT jsonb_build_object(
        'counted_and_not_said', (SELECT jsonb_agg(to_jsonb(d)) FROM (SELECT * FROM kept EXCEPT SELECT * FROM anew LIMIT 3) d),
        'said_and_not_counted', (SELECT jsonb_agg(to_jsonb(d)) FROM (SELECT * FROM anew EXCEPT SELECT * FROM kept LIMIT 3) d),
        'rows', (SELECT jsonb_object_agg(name, rows) FROM (SELECT name, count(*) AS rows FROM kept GROUP BY name) n))
$$;

-- Many questions of one moment: what is served, said, searched and handed over is looked up once. Again, when something was written since.
CREATE FUNCTION pg_temp.look_once() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass('pg_temp.served_live') IS NULL THEN
        ALTER VIEW pg_temp.served RENAME TO served_live;
        ALTER VIEW pg_temp.said RENAME TO said_live;
        ALTER VIEW pg_temp.searched RENAME TO searched_live;
        ALTER VIEW pg_temp.tickets RENAME TO tickets_live;
    ELSE
        DROP TABLE pg_temp.served, pg_temp.said, pg_temp.searched, pg_temp.tickets;
    END IF;
    CREATE TEMP TABLE served AS SELECT * FROM served_live;
    CREATE TEMP TABLE said AS SELECT * FROM said_live;
    CREATE TEMP TABLE searched AS SELECT * FROM searched_live;
    CREATE TEMP TABLE tickets AS SELECT * FROM tickets_live;
    ANALYZE served;
    ANALYZE said;
END
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

-- Questions of which nothing but their words is kept, alike ones together: of the newest, the largest groups.
CREATE FUNCTION pg_temp.clusters(first date, last date, newest integer, largest integer, shown integer) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(to_jsonb(c) ORDER BY c.count DESC, c.question) FROM (
        SELECT q.question, count(*) AS count, jsonb_agg(DISTINCT q.bot) AS chatbot_ids,
               max(extract(epoch FROM q.created_at)) AS last_asked_at,
               to_jsonb((array_agg(jsonb_build_object('message_id', q.id, 'session_id', q.session_id, 'question', q.question)
                                   ORDER BY q.answer DESC))[:shown]) AS examples
          FROM (SELECT m.content AS question, m.id, m.session_id, a.bot, a.created_at, a.id AS answer
                  FROM pg_temp.said a
                  JOIN docent.messages m ON m.session_id = a.session_id AND m.sequence_number = a.sequence_number - 1
                 WHERE a.day BETWEEN first AND last AND a.abstained
                 ORDER BY a.id DESC LIMIT newest) q
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT largest) c
$$;
