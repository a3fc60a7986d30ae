-- What is counted: each organization's days, by its own time zone, from sessions and messages; and which days must be counted
-- again, because something of them was written since.

-- ── An organization's settings, as far as they decide figures ────────────────────────────────────────
-- A time zone's name that Postgres does not know counts as UTC: a figure by another clock is better than none.
CREATE FUNCTION docent.time_zone_of(in_settings jsonb) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    zone CONSTANT text := coalesce(in_settings ->> 'time_zone', 'UTC');
BEGIN
    IF zone <> 'UTC' THEN
        PERFORM now() AT TIME ZONE zone;
    END IF;
    RETURN zone;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN 'UTC';
END
$$;
REVOKE ALL ON FUNCTION docent.time_zone_of(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.time_zone_of(jsonb) TO docent_app;

-- A number of the settings, when it is one from least to most; else what is usual.
CREATE FUNCTION docent.number_of(in_settings jsonb, in_path text[], in_least numeric, in_most numeric, in_usual numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(in_settings #> in_path) = 'number'
            THEN CASE WHEN (in_settings #>> in_path)::numeric BETWEEN in_least AND in_most
                      THEN (in_settings #>> in_path)::numeric ELSE in_usual END
            ELSE in_usual END;
REVOKE ALL ON FUNCTION docent.number_of(jsonb, text[], numeric, numeric, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.number_of(jsonb, text[], numeric, numeric, numeric) TO docent_app;

-- ── Days that must be counted again ──────────────────────────────────────────────────────────────────
-- A row a writing transaction and day. Writers never wait for each other or for the counting: their marks are rows of
-- their own. Who counts a day takes away the marks that it sees, and sees what their transactions wrote; a mark that
-- comes later stays, and the day is counted again. No foreign key: it would lock the organization's row in every turn.
CREATE TABLE docent.metric_days (
    organization_id uuid NOT NULL,
    day             date NOT NULL,
    mark            xid8 NOT NULL DEFAULT pg_current_xact_id(),
    dirty_since     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, day, mark)
);
SELECT docent.wall('docent.metric_days');
-- What a foreign key deletes along (a chatbot's sessions), the table's owner deletes, and since Postgres 18 the triggers of it run
-- as the owner too, who stands behind the wall like everybody.
CREATE POLICY operator ON docent.metric_days TO CURRENT_USER
    USING (organization_id = docent.current_organization()) WITH CHECK (organization_id = docent.current_organization());
GRANT SELECT, INSERT, DELETE ON docent.metric_days TO docent_app;

-- From which day on the messages are still whole. What was counted of the days before stands as it is.
CREATE TABLE docent.metric_horizons (
    organization_id uuid PRIMARY KEY REFERENCES docent.organizations (id) ON DELETE CASCADE,
    messages_from   date NOT NULL
);
SELECT docent.wall('docent.metric_horizons');
GRANT SELECT, INSERT, UPDATE ON docent.metric_horizons TO docent_app;

-- What is deleted because its time has passed stays counted: who sweeps says so, for its transaction.
CREATE FUNCTION docent.mark_days_of_sessions() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, docent, public, pg_temp AS $$
BEGIN
    IF current_setting('docent.sweeping', true) = 'on' THEN
        RETURN NULL;
    END IF;
    -- A session without a message counts nowhere.
    IF TG_OP = 'INSERT' THEN
        INSERT INTO metric_days (organization_id, day)
        SELECT DISTINCT s.organization_id, (s.started_at AT TIME ZONE z.zone)::date
          FROM new_rows s
          JOIN (SELECT o.id, time_zone_of(o.settings) AS zone FROM organizations o
                 WHERE o.id IN (SELECT n.organization_id FROM new_rows n WHERE n.message_count > 0) OFFSET 0) z
            ON z.id = s.organization_id
         WHERE s.message_count > 0
        ON CONFLICT DO NOTHING;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO metric_days (organization_id, day)
        SELECT DISTINCT s.organization_id, (s.started_at AT TIME ZONE z.zone)::date
          FROM old_rows s
          JOIN (SELECT o.id, time_zone_of(o.settings) AS zone FROM organizations o
                 WHERE o.id IN (SELECT n.organization_id FROM old_rows n WHERE n.message_count > 0) OFFSET 0) z
            ON z.id = s.organization_id
         WHERE s.message_count > 0
        ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO metric_days (organization_id, day)
        SELECT DISTINCT n.organization_id, (i.instant AT TIME ZONE z.zone)::date
          FROM new_rows n
          JOIN old_rows o ON o.id = n.id
          JOIN (SELECT g.id, time_zone_of(g.settings) AS zone FROM organizations g
                 WHERE g.id IN (SELECT r.organization_id FROM new_rows r) OFFSET 0) z ON z.id = n.organization_id
         CROSS JOIN LATERAL (VALUES (o.started_at), (n.started_at)) i (instant)
         WHERE (o.started_at, o.chatbot_id, o.user_id, o.user_identifier_hash, o.platform, o.duration_seconds, o.status,
                o.category, o.device_type, o.location, o.nps_score, o.user_satisfaction_score, o.avg_llm_latency_ms,
                o.message_count)
               IS DISTINCT FROM
               (n.started_at, n.chatbot_id, n.user_id, n.user_identifier_hash, n.platform, n.duration_seconds, n.status,
                n.category, n.device_type, n.location, n.nps_score, n.user_satisfaction_score, n.avg_llm_latency_ms,
                n.message_count)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_inserted AFTER INSERT ON docent.sessions REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION docent.mark_days_of_sessions();
CREATE TRIGGER mark_updated AFTER UPDATE ON docent.sessions REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION docent.mark_days_of_sessions();
CREATE TRIGGER mark_deleted AFTER DELETE ON docent.sessions REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION docent.mark_days_of_sessions();

-- A message counts on its own day, and its mood and its errors in its session's quality, on the session's.
CREATE FUNCTION docent.mark_days_of_messages() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, docent, public, pg_temp AS $$
BEGIN
    IF current_setting('docent.sweeping', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO metric_days (organization_id, day)
        SELECT DISTINCT m.organization_id, (i.instant AT TIME ZONE z.zone)::date
          FROM new_rows m
          JOIN (SELECT o.id, time_zone_of(o.settings) AS zone FROM organizations o
                 WHERE o.id IN (SELECT n.organization_id FROM new_rows n) OFFSET 0) z ON z.id = m.organization_id
          LEFT JOIN sessions s ON s.organization_id = m.organization_id AND s.id = m.session_id
         CROSS JOIN LATERAL (VALUES (m.created_at), (s.started_at)) i (instant)
         WHERE i.instant IS NOT NULL
        ON CONFLICT DO NOTHING;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO metric_days (organization_id, day)
        SELECT DISTINCT m.organization_id, (i.instant AT TIME ZONE z.zone)::date
          FROM old_rows m
          JOIN (SELECT o.id, time_zone_of(o.settings) AS zone FROM organizations o
                 WHERE o.id IN (SELECT n.organization_id FROM old_rows n) OFFSET 0) z ON z.id = m.organization_id
          LEFT JOIN sessions s ON s.organization_id = m.organization_id AND s.id = m.session_id
         CROSS JOIN LATERAL (VALUES (m.created_at), (s.started_at)) i (instant)
         WHERE i.instant IS NOT NULL
        ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO metric_days (organization_id, day)
        SELECT DISTINCT n.organization_id, (i.instant AT TIME ZONE z.zone)::date
          FROM new_rows n
          JOIN old_rows o ON o.id = n.id
          JOIN (SELECT g.id, time_zone_of(g.settings) AS zone FROM organizations g
                 WHERE g.id IN (SELECT r.organization_id FROM new_rows r) OFFSET 0) z ON z.id = n.organization_id
          LEFT JOIN sessions s ON s.organization_id = n.organization_id AND s.id = n.session_id
         CROSS JOIN LATERAL (VALUES (o.created_at), (n.created_at), (s.started_at)) i (instant)
         WHERE i.instant IS NOT NULL
           AND (o.created_at, o.role, o.prompt_tokens, o.completion_tokens, o.total_tokens, o.cost, o.provider_name,
                o.model, o.processing_time_ms, o.sentiment, o.confidence, o.abstained, o.error)
               IS DISTINCT FROM
               (n.created_at, n.role, n.prompt_tokens, n.completion_tokens, n.total_tokens, n.cost, n.provider_name,
                n.model, n.processing_time_ms, n.sentiment, n.confidence, n.abstained, n.error)
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_inserted AFTER INSERT ON docent.messages REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION docent.mark_days_of_messages();
CREATE TRIGGER mark_updated AFTER UPDATE ON docent.messages REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION docent.mark_days_of_messages();
CREATE TRIGGER mark_deleted AFTER DELETE ON docent.messages REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION docent.mark_days_of_messages();

-- ── What is counted ──────────────────────────────────────────────────────────────────────────────────
-- One row a chatbot and day with something in it. Sessions count on the day that they began, messages on their own.
-- Beside each mean stand its sum and what it is over, so that means of months are means and not means of means.
CREATE TABLE docent.daily_metrics (
    id                           uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id              uuid NOT NULL,
    chatbot_id                   uuid NOT NULL,
    metric_date                  date NOT NULL,
    total_sessions               integer NOT NULL,
    total_messages               integer NOT NULL,
    unique_users                 integer NOT NULL,
    avg_session_duration_seconds integer NOT NULL,
    avg_messages_per_session     double precision NOT NULL,
    avg_response_time_ms         integer NOT NULL,
    total_tokens_used            bigint NOT NULL,
    total_cost_usd               numeric(18, 6) NOT NULL,
    -- Null: nobody said, or nothing was answered.
    avg_user_satisfaction        double precision,
    successful_responses_ratio   double precision,
    -- {"web": 10, "line": 5}
    platform_breakdown           jsonb NOT NULL,
    questions                    integer NOT NULL,
    answers                      integer NOT NULL,
    failed_answers               integer NOT NULL,
    abstained_answers            integer NOT NULL,
    -- Answered, with a confidence below 0.5.
    unsure_answers               integer NOT NULL,
    -- By a model whose price is not known: their cost is missing from the total.
    unpriced_answers             integer NOT NULL,
    duration_sum                 bigint NOT NULL,
    duration_count               integer NOT NULL,
    session_messages_sum         bigint NOT NULL,
    response_time_sum            bigint NOT NULL,
    response_time_count          integer NOT NULL,
    satisfaction_sum             integer NOT NULL,
    satisfaction_count           integer NOT NULL,
    nps_promoters                integer NOT NULL,
    nps_passives                 integer NOT NULL,
    nps_detractors               integer NOT NULL,
    qoe_sum                      numeric NOT NULL,
    qoe_count                    integer NOT NULL,
    -- {"mobile": 8}
    device_breakdown             jsonb NOT NULL,
    -- [{"country": "UG", "region": "Kampala", "count": 3}]
    location_breakdown           jsonb NOT NULL,
    -- Answers by their time: {"1200": 4}, see latency_bucket.
    latency_histogram            jsonb NOT NULL,
    -- [{"provider":, "model":, "answers":, "prompt_tokens":, "completion_tokens":, "cost":, "unpriced":}]
    model_usage                  jsonb NOT NULL,
    created_at                   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, metric_date, chatbot_id),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX daily_metrics_chatbot ON docent.daily_metrics (organization_id, chatbot_id, metric_date);
SELECT docent.wall('docent.daily_metrics');
GRANT SELECT, INSERT, DELETE ON docent.daily_metrics TO docent_app;

-- Under the seed's names, but tables: a materialised view carries no policy.
CREATE TABLE docent.mv_sessions_daily (
    organization_id   uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    day               date NOT NULL,
    category          text,
    status            text NOT NULL,
    sessions_count    integer NOT NULL,
    avg_llm_latency   numeric,
    avg_qoe           numeric,
    llm_latency_sum   numeric NOT NULL,
    llm_latency_count integer NOT NULL,
    qoe_sum           numeric NOT NULL,
    qoe_count         integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (organization_id, day, category, status)
);
SELECT docent.wall('docent.mv_sessions_daily');
GRANT SELECT, INSERT, DELETE ON docent.mv_sessions_daily TO docent_app;

CREATE TABLE docent.mv_category_daily (
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    day             date NOT NULL,
    -- Null: not known.
    category        text,
    sessions_count  integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (organization_id, day, category)
);
SELECT docent.wall('docent.mv_category_daily');
GRANT SELECT, INSERT, DELETE ON docent.mv_category_daily TO docent_app;

-- Milliseconds to two significant digits, rounded up: what percentiles of answers' times are told in.
CREATE FUNCTION docent.latency_bucket(in_ms integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN in_ms < 100 THEN greatest(in_ms, 0)
            ELSE ceil(in_ms / power(10::numeric, length(in_ms::text) - 2)) * power(10::numeric, length(in_ms::text) - 2) END::integer;
REVOKE ALL ON FUNCTION docent.latency_bucket(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.latency_bucket(integer) TO docent_app;

-- The sessions that began on a day and have a message, with their quality of experience, 0 to 1. Technical: the mean of
-- 1 - min(1, latency / SLA) and 1 - error rate. Interaction: the mean of resolution and of the mood, brought from -1..1 to 0..1. What
-- is not known is left out, and its weight shared.
CREATE FUNCTION docent.sessions_of_day(in_day date) RETURNS TABLE (
    session_id uuid, chatbot_id uuid, person text, platform text, status text, category text, device_type text, country text,
    region text, duration_seconds integer, message_count integer, nps_score integer, satisfaction integer,
    llm_latency numeric, qoe numeric, kept_qoe numeric
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    org         CONSTANT uuid := current_organization();
    zone        text;
    sla         numeric;
    technical   numeric;
    interaction numeric;
    first       timestamptz;
    next        timestamptz;
    oldest      uuid;
    newest      uuid;
    -- Where clocks are put back at midnight, a day begins twice: the bounds are wide, and the date decides.
    slack       CONSTANT interval := interval '2 hours';
BEGIN
    SELECT time_zone_of(o.settings), number_of(o.settings, '{sla_ms}', 1, 3600000, 1000),
           number_of(o.settings, '{qoe_weights,technical}', 0, 1, 0.5),
           number_of(o.settings, '{qoe_weights,interaction}', 0, 1, 0.5)
      INTO zone, sla, technical, interaction FROM organizations o WHERE o.id = org;
    first := in_day::timestamp AT TIME ZONE zone - slack;
    next := (in_day + 1)::timestamp AT TIME ZONE zone + slack;
    -- A session's id is older than its messages, and its last activity is its last message: no other month is looked at, and
    -- which ones is settled once for all sessions.
    SELECT uuid_at(min(s.started_at) - interval '1 day'),
           uuid_at(max(greatest(s.last_activity_at, s.started_at)) + interval '1 day')
      INTO oldest, newest
      FROM sessions s WHERE s.organization_id = org AND s.started_at >= first AND s.started_at < next;
    RETURN QUERY
    SELECT s.id, s.chatbot_id, coalesce(s.user_id::text, encode(s.user_identifier_hash, 'hex')), s.platform, s.status, s.category,
           s.device_type, s.location ->> 'country', s.location ->> 'region', s.duration_seconds, s.message_count, s.nps_score,
           s.user_satisfaction_score, s.avg_llm_latency_ms,
           round((technical * coalesce(t.part, 0) + interaction * i.part)
                 / nullif(technical * (t.part IS NOT NULL)::integer + interaction, 0), 6),
           s.qoe_score
      FROM sessions s
     CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE m.role = 'assistant')::numeric AS answers,
               count(*) FILTER (WHERE m.role = 'assistant' AND m.error)::numeric AS failed,
               avg((m.sentiment ->> 'score')::numeric) FILTER (WHERE jsonb_typeof(m.sentiment -> 'score') = 'number') AS sentiment
          FROM messages m
         WHERE m.organization_id = org AND m.session_id = s.id AND m.id >= oldest AND m.id < newest) m
     -- Not least(): it passes over a null.
     CROSS JOIN LATERAL (SELECT 1 - CASE WHEN s.avg_llm_latency_ms < sla THEN s.avg_llm_latency_ms / sla
                                         WHEN s.avg_llm_latency_ms >= sla THEN 1 END AS speed,
                                1 - m.failed / nullif(m.answers, 0) AS success,
                                (s.status = 'complete')::integer::numeric AS resolution, (m.sentiment + 1) / 2 AS mood) k
     CROSS JOIN LATERAL (SELECT coalesce((k.speed + k.success) / 2, k.speed, k.success) AS part) t
     CROSS JOIN LATERAL (SELECT coalesce((k.resolution + k.mood) / 2, k.resolution) AS part) i
     WHERE s.organization_id = org AND s.message_count > 0 AND s.started_at >= first AND s.started_at < next
       AND (s.started_at AT TIME ZONE zone)::date = in_day;
END
$$;
REVOKE ALL ON FUNCTION docent.sessions_of_day(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.sessions_of_day(date) TO docent_app;

-- Counts one day of the transaction's organization anew, from sessions and messages; its rows are replaced in one transaction.
-- Twice, or by two at once: the same. False when the day's messages are no longer whole: it stays as it was counted.
CREATE FUNCTION docent.roll_up_day(in_day date) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    org   CONSTANT uuid := current_organization();
    slack CONSTANT interval := interval '2 hours';
    zone  text;
    first timestamptz;
    next  timestamptz;
BEGIN
    -- One at a time a day; each statement below sees what the one before waited for.
    PERFORM pg_advisory_xact_lock(hashtextextended(org::text || ' ' || in_day::text, 0));
    DELETE FROM metric_days d WHERE d.organization_id = org AND d.day = in_day;
    IF EXISTS (SELECT FROM metric_horizons h WHERE h.organization_id = org AND in_day < h.messages_from) THEN
        RETURN false;
    END IF;
    SELECT time_zone_of(o.settings) INTO zone FROM organizations o WHERE o.id = org;
    first := in_day::timestamp AT TIME ZONE zone;
    next := (in_day + 1)::timestamp AT TIME ZONE zone;
    DELETE FROM daily_metrics d WHERE d.organization_id = org AND d.metric_date = in_day;
    DELETE FROM mv_sessions_daily d WHERE d.organization_id = org AND d.day = in_day;
    DELETE FROM mv_category_daily d WHERE d.organization_id = org AND d.day = in_day;

    WITH begun AS MATERIALIZED (
        SELECT * FROM sessions_of_day(in_day)
    ), said AS MATERIALIZED (
        SELECT s.chatbot_id, m.role, m.total_tokens, m.prompt_tokens, m.completion_tokens, m.cost, m.provider_name, m.model,
               m.processing_time_ms, m.error, m.abstained, m.confidence
          FROM messages m
         -- One row by its key each time: fresh tables without statistics were read from end to end for every session.
         CROSS JOIN LATERAL (SELECT s.chatbot_id FROM sessions s
                              WHERE s.organization_id = org AND s.id = m.session_id OFFSET 0) s
         WHERE m.organization_id = org
           AND m.created_at >= first - slack AND m.created_at < next + slack
           AND (m.created_at AT TIME ZONE zone)::date = in_day
           -- An id is made before its message is kept; one that came late has a later id.
           AND m.id >= uuid_at(first - interval '1 day')
    ), sessions_counted AS (
        INSERT INTO mv_sessions_daily (organization_id, day, category, status, sessions_count, avg_llm_latency, avg_qoe,
                                       llm_latency_sum, llm_latency_count, qoe_sum, qoe_count)
        SELECT org, in_day, b.category, b.status, count(*), avg(b.llm_latency), avg(b.qoe),
               coalesce(sum(b.llm_latency), 0), count(b.llm_latency), coalesce(sum(b.qoe), 0), count(b.qoe)
          FROM begun b GROUP BY b.category, b.status
    ), categories_counted AS (
        INSERT INTO mv_category_daily (organization_id, day, category, sessions_count)
        SELECT org, in_day, b.category, count(*) FROM begun b GROUP BY b.category
    ), sessions_of_bots AS (
        SELECT b.chatbot_id, count(*) AS total, count(DISTINCT b.person) AS people,
               coalesce(sum(b.duration_seconds), 0) AS duration_sum, count(b.duration_seconds) AS duration_count,
               sum(b.message_count) AS messages_sum,
               coalesce(sum(b.satisfaction), 0) AS satisfaction_sum, count(b.satisfaction) AS satisfaction_count,
               count(*) FILTER (WHERE b.nps_score >= 9) AS promoters,
               count(*) FILTER (WHERE b.nps_score BETWEEN 7 AND 8) AS passives,
               count(*) FILTER (WHERE b.nps_score <= 6) AS detractors,
               coalesce(sum(b.qoe), 0) AS qoe_sum, count(b.qoe) AS qoe_count
          FROM begun b GROUP BY b.chatbot_id
    ), messages_of_bots AS (
        SELECT m.chatbot_id, count(*) AS total,
               coalesce(sum(m.total_tokens), 0) AS tokens, coalesce(sum(m.cost), 0) AS cost,
               count(*) FILTER (WHERE m.role = 'user') AS questions,
               count(*) FILTER (WHERE m.role = 'assistant') AS answers,
               count(*) FILTER (WHERE m.role = 'assistant' AND m.error) AS failed,
               count(*) FILTER (WHERE m.role = 'assistant' AND m.abstained) AS abstained,
               count(*) FILTER (WHERE m.role = 'assistant' AND NOT m.abstained AND m.confidence < 0.5) AS unsure,
               count(*) FILTER (WHERE m.role = 'assistant' AND m.model IS NOT NULL AND m.cost IS NULL) AS unpriced,
               coalesce(sum(m.processing_time_ms) FILTER (WHERE m.role = 'assistant'), 0) AS time_sum,
               count(m.processing_time_ms) FILTER (WHERE m.role = 'assistant') AS time_count
          FROM said m GROUP BY m.chatbot_id
    )
    INSERT INTO daily_metrics (
        organization_id, chatbot_id, metric_date, total_sessions, total_messages, unique_users, avg_session_duration_seconds,
        avg_messages_per_session, avg_response_time_ms, total_tokens_used, total_cost_usd, avg_user_satisfaction,
        successful_responses_ratio, platform_breakdown, questions, answers, failed_answers, abstained_answers, unsure_answers,
        unpriced_answers, duration_sum, duration_count, session_messages_sum, response_time_sum, response_time_count,
        satisfaction_sum, satisfaction_count, nps_promoters, nps_passives, nps_detractors, qoe_sum, qoe_count, device_breakdown,
        location_breakdown, latency_histogram, model_usage)
    SELECT org, bot.chatbot_id, in_day, coalesce(s.total, 0), coalesce(m.total, 0), coalesce(s.people, 0),
           coalesce(round(s.duration_sum::numeric / nullif(s.duration_count, 0)), 0),
           coalesce(s.messages_sum::double precision / s.total, 0),
           coalesce(round(m.time_sum::numeric / nullif(m.time_count, 0)), 0),
           coalesce(m.tokens, 0), coalesce(m.cost, 0),
           s.satisfaction_sum::double precision / nullif(s.satisfaction_count, 0),
           (m.answers - m.failed)::double precision / nullif(m.answers, 0),
           (SELECT coalesce(jsonb_object_agg(p.platform, p.sessions), '{}') FROM (
                SELECT b.platform, count(*) AS sessions FROM begun b
                 WHERE b.chatbot_id = bot.chatbot_id GROUP BY b.platform) p),
           coalesce(m.questions, 0), coalesce(m.answers, 0), coalesce(m.failed, 0), coalesce(m.abstained, 0),
           coalesce(m.unsure, 0), coalesce(m.unpriced, 0), coalesce(s.duration_sum, 0), coalesce(s.duration_count, 0),
           coalesce(s.messages_sum, 0), coalesce(m.time_sum, 0), coalesce(m.time_count, 0),
           coalesce(s.satisfaction_sum, 0), coalesce(s.satisfaction_count, 0), coalesce(s.promoters, 0),
           coalesce(s.passives, 0), coalesce(s.detractors, 0), coalesce(s.qoe_sum, 0), coalesce(s.qoe_count, 0),
           (SELECT coalesce(jsonb_object_agg(p.device_type, p.sessions), '{}') FROM (
                SELECT b.device_type, count(*) AS sessions FROM begun b
                 WHERE b.chatbot_id = bot.chatbot_id AND b.device_type IS NOT NULL GROUP BY b.device_type) p),
           (SELECT coalesce(jsonb_agg(jsonb_build_object('country', p.country, 'region', p.region, 'count', p.sessions)), '[]') FROM (
                SELECT b.country, b.region, count(*) AS sessions FROM begun b
                 WHERE b.chatbot_id = bot.chatbot_id AND b.country IS NOT NULL GROUP BY b.country, b.region) p),
           (SELECT coalesce(jsonb_object_agg(p.bucket, p.answers), '{}') FROM (
                SELECT latency_bucket(t.processing_time_ms) AS bucket, count(*) AS answers FROM said t
                 WHERE t.chatbot_id = bot.chatbot_id AND t.role = 'assistant' AND t.processing_time_ms IS NOT NULL GROUP BY 1) p),
           (SELECT coalesce(jsonb_agg(jsonb_build_object('provider', p.provider_name, 'model', p.model, 'answers', p.answers,
                        'prompt_tokens', p.prompt, 'completion_tokens', p.completion, 'cost', p.cost, 'unpriced', p.unpriced)), '[]') FROM (
                SELECT t.provider_name, t.model, count(*) AS answers, coalesce(sum(t.prompt_tokens), 0) AS prompt,
                       coalesce(sum(t.completion_tokens), 0) AS completion, coalesce(sum(t.cost), 0) AS cost,
                       count(*) FILTER (WHERE t.cost IS NULL) AS unpriced
                  FROM said t
                 WHERE t.chatbot_id = bot.chatbot_id AND t.role = 'assistant' AND t.model IS NOT NULL
                 GROUP BY t.provider_name, t.model) p)
      FROM (SELECT s.chatbot_id FROM sessions_of_bots s UNION SELECT m.chatbot_id FROM messages_of_bots m) bot
      LEFT JOIN sessions_of_bots s ON s.chatbot_id = bot.chatbot_id
      LEFT JOIN messages_of_bots m ON m.chatbot_id = bot.chatbot_id;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION docent.roll_up_day(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.roll_up_day(date) TO docent_app;

-- Another time zone is other days; another SLA or other weights, another quality. All that can be counted is counted again.
CREATE FUNCTION docent.mark_all_days() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, docent, public, pg_temp AS $$
BEGIN
    INSERT INTO metric_days (organization_id, day)
    SELECT DISTINCT NEW.id, d.metric_date + beside.days
      FROM daily_metrics d CROSS JOIN generate_series(-1, 1) beside (days)
     WHERE d.organization_id = NEW.id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_days AFTER UPDATE ON docent.organizations FOR EACH ROW
    WHEN ((OLD.settings -> 'time_zone', OLD.settings -> 'sla_ms', OLD.settings -> 'qoe_weights')
          IS DISTINCT FROM (NEW.settings -> 'time_zone', NEW.settings -> 'sla_ms', NEW.settings -> 'qoe_weights'))
    EXECUTE FUNCTION docent.mark_all_days();

-- ── Views ────────────────────────────────────────────────────────────────────────────────────────────
-- Thirty days of each chatbot, as they are counted; one without sessions shows zeros.
CREATE VIEW docent.chatbot_performance_summary WITH (security_invoker = true) AS
SELECT c.id, c.name, c.organization_id, c.status,
       coalesce(sum(d.total_sessions), 0)::bigint AS total_sessions,
       coalesce(sum(d.total_messages), 0)::bigint AS total_messages,
       coalesce(sum(d.duration_sum)::numeric / nullif(sum(d.duration_count), 0), 0) AS avg_session_duration,
       coalesce(sum(d.response_time_sum)::numeric / nullif(sum(d.response_time_count), 0), 0) AS avg_response_time,
       sum(d.satisfaction_sum)::numeric / nullif(sum(d.satisfaction_count), 0) AS avg_satisfaction
  FROM docent.chatbots c
  JOIN docent.organizations o ON o.id = c.organization_id
  LEFT JOIN docent.daily_metrics d ON d.organization_id = c.organization_id AND d.chatbot_id = c.id
       AND d.metric_date > (now() AT TIME ZONE docent.time_zone_of(o.settings))::date - 30
 GROUP BY c.id, c.name, c.organization_id, c.status;
GRANT SELECT ON docent.chatbot_performance_summary TO docent_app;

CREATE VIEW docent.document_processing_status WITH (security_invoker = true) AS
SELECT d.id, d.title, d.organization_id, d.product_id,
       (SELECT p.name FROM docent.products p WHERE p.organization_id = d.organization_id AND p.id = d.product_id) AS product_name,
       d.processing_status, d.file_size, d.document_type, d.language,
       c.chunk_count, c.avg_chunk_confidence, d.created_at, d.processed_at
  FROM docent.documents d
 -- Of the version that is found.
 CROSS JOIN LATERAL (
    SELECT count(*) AS chunk_count, avg(c.confidence_score) AS avg_chunk_confidence
      FROM docent.chunks c
     WHERE c.organization_id = d.organization_id AND c.document_version_id = d.active_version_id) c;
GRANT SELECT ON docent.document_processing_status TO docent_app;

-- Questions without an answer, and answers that may be wrong, newest first.
CREATE INDEX messages_abstained ON docent.messages (organization_id, id) WHERE abstained;
CREATE INDEX messages_unsure ON docent.messages (organization_id, id)
    WHERE role = 'assistant' AND NOT abstained AND confidence < 0.5;

-- ── What has passed its time ─────────────────────────────────────────────────────────────────────────
-- Facts are append-only for the application. What goes when its time has passed goes by this function alone, which reads
-- the organization's own setting: it cannot be asked for more. A batch; how many rows it deleted.
GRANT SELECT (id, organization_id), DELETE ON docent.events TO docent_door;
GRANT SELECT (settings) ON docent.organizations TO docent_door;
CREATE POLICY door ON docent.events TO docent_door USING (organization_id = docent.current_organization());
GRANT EXECUTE ON FUNCTION docent.time_zone_of(jsonb) TO docent_door;
GRANT EXECUTE ON FUNCTION docent.number_of(jsonb, text[], numeric, numeric, numeric) TO docent_door;

CREATE FUNCTION docent.sweep_events(in_limit bigint) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, docent, pg_temp
AS $$
    WITH horizon AS (
        SELECT uuid_at(((now() AT TIME ZONE time_zone_of(o.settings))::date
                        - number_of(o.settings, '{retention_days,events}', 1, 36500, NULL)::integer)::timestamp
                       AT TIME ZONE time_zone_of(o.settings)) AS before
          FROM organizations o WHERE o.id = current_organization()
    ), gone AS (
        DELETE FROM events e
         WHERE e.organization_id = current_organization() AND e.id < (SELECT h.before FROM horizon h)
           AND e.id IN (SELECT o.id FROM events o
                         WHERE o.organization_id = current_organization() AND o.id < (SELECT h.before FROM horizon h)
                         LIMIT in_limit)
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION docent.sweep_events(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.sweep_events(bigint) TO docent_app;

-- A month of which no organization has anything left, because the longest policy has passed, is dropped: the owner's. The owner
-- stands behind the wall too, and steps out of it for one look, under a lock that nobody else gets past. False: there is something
-- left, it is no old month, or somebody is at it.
CREATE FUNCTION docent.drop_if_empty(in_partition text) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
SET lock_timeout = '2s'
AS $$
DECLARE
    is_empty boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM old_months() m WHERE m = in_partition) THEN
        RETURN false;
    END IF;
    EXECUTE format('ALTER TABLE docent.%I NO FORCE ROW LEVEL SECURITY', in_partition);
    EXECUTE format('SELECT NOT EXISTS (SELECT FROM docent.%I)', in_partition) INTO is_empty;
    EXECUTE format('ALTER TABLE docent.%I FORCE ROW LEVEL SECURITY', in_partition);
    IF is_empty THEN
        EXECUTE format('DROP TABLE docent.%I', in_partition);
    END IF;
    RETURN is_empty;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN false;
END
$$;

-- The partitions of months before the last.
CREATE FUNCTION docent.old_months() RETURNS SETOF text
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT c.relname::text
      FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent IN ('docent.messages'::regclass, 'docent.citations'::regclass, 'docent.retrieval_logs'::regclass,
                           'docent.events'::regclass)
       AND c.relname ~ '_[0-9]{4}_[0-9]{2}$'
       AND to_date(right(c.relname, 7), 'YYYY_MM') < date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month'
     ORDER BY 1
$$;
REVOKE ALL ON FUNCTION docent.drop_if_empty(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION docent.old_months() FROM PUBLIC;

-- ── What is there already ────────────────────────────────────────────────────────────────────────────
-- As the application, organization by organization: the owner sees no rows.
SET LOCAL ROLE docent_app;
DO $$
DECLARE
    organization uuid;
BEGIN
    FOR organization IN SELECT docent.organizations_for_schedules() LOOP
        PERFORM set_config('app.organization_id', organization::text, true);
        INSERT INTO docent.metric_days (organization_id, day)
        SELECT DISTINCT o.id, (i.instant AT TIME ZONE docent.time_zone_of(o.settings))::date
          FROM docent.organizations o
         CROSS JOIN LATERAL (
            SELECT s.started_at FROM docent.sessions s WHERE s.organization_id = o.id
            UNION ALL
            SELECT m.created_at FROM docent.messages m WHERE m.organization_id = o.id) i (instant)
        ON CONFLICT DO NOTHING;
    END LOOP;
    PERFORM set_config('app.organization_id', '', true);
END
$$;
RESET ROLE;

GRANT CREATE ON SCHEMA docent TO docent_door;
ALTER FUNCTION docent.sweep_events(bigint) OWNER TO docent_door;
REVOKE CREATE ON SCHEMA docent FROM docent_door;
