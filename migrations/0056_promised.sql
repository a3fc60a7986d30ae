-- What dashboards promise and did not give: how well searches find, what becomes of tickets, and who asks from where about what.

-- Days of which the logs of searches are gone keep what was counted of them, whether or not messages go as well.
ALTER TABLE docent.metric_horizons ALTER COLUMN messages_from DROP NOT NULL;
ALTER TABLE docent.metric_horizons ADD COLUMN logs_from date;

-- ── What is counted ──────────────────────────────────────────────────────────────────────────────────
-- One row a chatbot and day with a search for an answer in it. It counts on its answer's day: both are written in one transaction,
-- at one time, and so the answer's mark is the search's as well.
CREATE TABLE docent.retrieval_daily (
    organization_id    uuid NOT NULL,
    day                date NOT NULL,
    chatbot_id         uuid NOT NULL,
    searches           integer NOT NULL,
    -- With no passage at or above the threshold.
    empty_searches     integer NOT NULL,
    -- Of a question that leans on the ones before it.
    rewritten_searches integer NOT NULL,
    reranked_searches  integer NOT NULL,
    -- Whose answer cites something.
    cited_searches     integer NOT NULL,
    -- Passages at or above the threshold.
    passages_sum       bigint NOT NULL,
    -- The best score of each search that has one, to six digits: numeric, so that a sum is the same in any order.
    top_score_sum      numeric NOT NULL,
    top_score_count    integer NOT NULL,
    -- Searches by their time: {"120": 4}, see latency_bucket.
    latency_histogram  jsonb NOT NULL,
    PRIMARY KEY (organization_id, day, chatbot_id),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX retrieval_daily_chatbot ON docent.retrieval_daily (organization_id, chatbot_id);
SELECT docent.wall('docent.retrieval_daily');
GRANT SELECT, INSERT, DELETE ON docent.retrieval_daily TO docent_app;

-- Tickets by the day that they were opened, as they stand.
CREATE TABLE docent.escalation_daily (
    organization_id   uuid NOT NULL,
    day               date NOT NULL,
    chatbot_id        uuid NOT NULL,
    status            text NOT NULL,
    priority          text NOT NULL,
    tickets           integer NOT NULL,
    -- Seconds from its opening to the first word of a person.
    first_reply_sum   numeric NOT NULL,
    first_reply_count integer NOT NULL,
    -- Seconds to its end, of those that are resolved or closed: who cancels one resolves nothing.
    resolution_sum    numeric NOT NULL,
    resolution_count  integer NOT NULL,
    PRIMARY KEY (organization_id, day, chatbot_id, status, priority),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX escalation_daily_chatbot ON docent.escalation_daily (organization_id, chatbot_id);
SELECT docent.wall('docent.escalation_daily');
GRANT SELECT, INSERT, DELETE ON docent.escalation_daily TO docent_app;

-- Sessions by all that is known of who asks, so that any of it can be looked at within any other. Null: not known. Whoever opens a
-- session names its place and its device, in more bytes than a key of an index has: no unique one.
CREATE TABLE docent.audience_daily (
    organization_id uuid NOT NULL,
    day             date NOT NULL,
    chatbot_id      uuid NOT NULL,
    platform        text NOT NULL,
    device_type     text,
    country         text,
    region          text,
    category        text,
    sessions_count  integer NOT NULL,
    nps_promoters   integer NOT NULL,
    nps_passives    integer NOT NULL,
    nps_detractors  integer NOT NULL,
    qoe_sum         numeric NOT NULL,
    qoe_count       integer NOT NULL,
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX audience_daily_day ON docent.audience_daily (organization_id, day);
CREATE INDEX audience_daily_chatbot ON docent.audience_daily (organization_id, chatbot_id);
SELECT docent.wall('docent.audience_daily');
GRANT SELECT, INSERT, DELETE ON docent.audience_daily TO docent_app;

-- A day's searches, and its tickets.
CREATE INDEX retrieval_logs_created ON docent.retrieval_logs (organization_id, created_at);
CREATE INDEX escalations_created ON docent.escalations (organization_id, created_at);

-- As before, with the audience of the day.
-- Counts one day of the transaction's organization anew, from sessions and messages; its rows are replaced in one transaction.
-- Twice, or by two at once: the same. False when the day's messages are no longer whole: it stays as it was counted.
CREATE OR REPLACE FUNCTION docent.roll_up_day(in_day date) RETURNS boolean
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
    DELETE FROM audience_daily d WHERE d.organization_id = org AND d.day = in_day;

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
    ), audience_counted AS (
        INSERT INTO audience_daily (organization_id, day, chatbot_id, platform, device_type, country, region, category, sessions_count,
                                    nps_promoters, nps_passives, nps_detractors, qoe_sum, qoe_count)
        SELECT org, in_day, b.chatbot_id, b.platform, b.device_type, b.country, b.region, b.category, count(*),
               count(*) FILTER (WHERE b.nps_score >= 9), count(*) FILTER (WHERE b.nps_score BETWEEN 7 AND 8),
               count(*) FILTER (WHERE b.nps_score <= 6), coalesce(sum(b.qoe), 0), count(b.qoe)
          FROM begun b GROUP BY b.chatbot_id, b.platform, b.device_type, b.country, b.region, b.category
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

-- Counts the searches of a day anew: called under the lock of `roll_up_day`, behind it, in its transaction. A day whose logs are no
-- longer whole stays as it was counted.
CREATE FUNCTION docent.roll_up_retrievals(in_day date) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    org    CONSTANT uuid := current_organization();
    slack  CONSTANT interval := interval '2 hours';
    zone   text;
    first  timestamptz;
    next   timestamptz;
    oldest uuid;
BEGIN
    IF EXISTS (SELECT FROM metric_horizons h WHERE h.organization_id = org AND in_day < h.logs_from) THEN
        RETURN true;
    END IF;
    SELECT time_zone_of(o.settings) INTO zone FROM organizations o WHERE o.id = org;
    first := in_day::timestamp AT TIME ZONE zone;
    next := (in_day + 1)::timestamp AT TIME ZONE zone;
    -- An id is made before its row is kept; one that came late has a later id.
    oldest := uuid_at(first - interval '1 day');
    DELETE FROM retrieval_daily d WHERE d.organization_id = org AND d.day = in_day;

    WITH searched AS MATERIALIZED (
        SELECT s.chatbot_id, l.rewritten_query IS NOT NULL AS is_rewritten, l.reranker_model IS NOT NULL AS is_reranked,
               f.passages, round(f.best::numeric, 6) AS best,
               EXISTS (SELECT FROM messages a
                         JOIN citations c ON c.organization_id = org AND c.message_id = a.id AND c.id >= oldest
                        WHERE a.organization_id = org AND a.session_id = l.session_id AND a.role = 'assistant'
                          AND a.created_at = l.created_at AND a.id >= oldest) AS is_cited,
               -- Older logs may not say.
               CASE WHEN l.timings ? 'search_ms'
                    THEN least(coalesce((l.timings ->> 'rewrite_ms')::bigint, 0) + coalesce((l.timings ->> 'embed_ms')::bigint, 0)
                               + coalesce((l.timings ->> 'search_ms')::bigint, 0) + coalesce((l.timings ->> 'rerank_ms')::bigint, 0),
                               2147483647)::integer END AS ms
          FROM retrieval_logs l
         -- One row by its key each time; a conversation that is gone takes its searches along.
         CROSS JOIN LATERAL (SELECT s.chatbot_id FROM sessions s WHERE s.organization_id = org AND s.id = l.session_id OFFSET 0) s
         CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE x.score >= l.retrieval_threshold) AS passages, max(x.score) AS best
                               FROM unnest(l.similarity_scores) x (score)) f
         WHERE l.organization_id = org
           AND l.created_at >= first - slack AND l.created_at < next + slack
           AND (l.created_at AT TIME ZONE zone)::date = in_day
           AND l.id >= oldest
    )
    INSERT INTO retrieval_daily (organization_id, day, chatbot_id, searches, empty_searches, rewritten_searches, reranked_searches,
                                 cited_searches, passages_sum, top_score_sum, top_score_count, latency_histogram)
    SELECT org, in_day, k.chatbot_id, count(*), count(*) FILTER (WHERE k.passages = 0), count(*) FILTER (WHERE k.is_rewritten),
           count(*) FILTER (WHERE k.is_reranked), count(*) FILTER (WHERE k.is_cited), sum(k.passages), coalesce(sum(k.best), 0),
           count(k.best),
           (SELECT coalesce(jsonb_object_agg(p.bucket, p.searches), '{}') FROM (
                SELECT latency_bucket(t.ms) AS bucket, count(*) AS searches FROM searched t
                 WHERE t.chatbot_id = k.chatbot_id AND t.ms IS NOT NULL GROUP BY 1) p)
      FROM searched k GROUP BY k.chatbot_id;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION docent.roll_up_retrievals(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.roll_up_retrievals(date) TO docent_app;

-- Counts the tickets of a day anew: called under the lock of `roll_up_day`, behind it, in its transaction.
CREATE FUNCTION docent.roll_up_escalations(in_day date) RETURNS boolean
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
    SELECT time_zone_of(o.settings) INTO zone FROM organizations o WHERE o.id = org;
    first := in_day::timestamp AT TIME ZONE zone;
    next := (in_day + 1)::timestamp AT TIME ZONE zone;
    DELETE FROM escalation_daily d WHERE d.organization_id = org AND d.day = in_day;
    INSERT INTO escalation_daily (organization_id, day, chatbot_id, status, priority, tickets, first_reply_sum, first_reply_count,
                                  resolution_sum, resolution_count)
    SELECT org, in_day, e.chatbot_id, e.status, e.priority, count(*),
           coalesce(sum(extract(epoch FROM e.first_reply_at - e.created_at)), 0), count(e.first_reply_at),
           coalesce(sum(extract(epoch FROM e.resolved_at - e.created_at)) FILTER (WHERE e.status IN ('resolved', 'closed')), 0),
           count(e.resolved_at) FILTER (WHERE e.status IN ('resolved', 'closed'))
      FROM escalations e
     WHERE e.organization_id = org
       AND e.created_at >= first - slack AND e.created_at < next + slack
       AND (e.created_at AT TIME ZONE zone)::date = in_day
     GROUP BY e.chatbot_id, e.status, e.priority;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION docent.roll_up_escalations(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.roll_up_escalations(date) TO docent_app;

-- ── Days that must be counted again ──────────────────────────────────────────────────────────────────
-- A ticket counts on the day that it was opened. By row: every turn asks the rules for one, and nearly none opens it.
CREATE FUNCTION docent.mark_days_of_escalations() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, docent, public, pg_temp AS $$
DECLARE
    organization uuid;
    opened       timestamptz;
BEGIN
    IF current_setting('docent.sweeping', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        organization := OLD.organization_id;
        opened := OLD.created_at;
    ELSE
        organization := NEW.organization_id;
        opened := NEW.created_at;
    END IF;
    INSERT INTO metric_days (organization_id, day)
    SELECT o.id, (opened AT TIME ZONE time_zone_of(o.settings))::date FROM organizations o WHERE o.id = organization
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_inserted AFTER INSERT ON docent.escalations
    FOR EACH ROW EXECUTE FUNCTION docent.mark_days_of_escalations();
CREATE TRIGGER mark_updated AFTER UPDATE ON docent.escalations FOR EACH ROW
    WHEN ((OLD.chatbot_id, OLD.status, OLD.priority, OLD.first_reply_at, OLD.resolved_at)
          IS DISTINCT FROM (NEW.chatbot_id, NEW.status, NEW.priority, NEW.first_reply_at, NEW.resolved_at))
    EXECUTE FUNCTION docent.mark_days_of_escalations();
CREATE TRIGGER mark_deleted AFTER DELETE ON docent.escalations
    FOR EACH ROW EXECUTE FUNCTION docent.mark_days_of_escalations();

-- As before, with days on which there was a ticket and nothing else.
CREATE OR REPLACE FUNCTION docent.mark_all_days() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, docent, public, pg_temp AS $$
BEGIN
    INSERT INTO metric_days (organization_id, day)
    SELECT DISTINCT NEW.id, d.day + beside.days
      FROM (SELECT m.metric_date AS day FROM daily_metrics m WHERE m.organization_id = NEW.id
            UNION
            SELECT e.day FROM escalation_daily e WHERE e.organization_id = NEW.id) d
     CROSS JOIN generate_series(-1, 1) beside (days)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

-- ── What is there already ────────────────────────────────────────────────────────────────────────────
-- Each day that was counted, and each day of a ticket, once more. As the application, organization by organization: the owner sees
-- no rows.
SET LOCAL ROLE docent_app;
DO $$
DECLARE
    organization uuid;
BEGIN
    FOR organization IN SELECT docent.organizations_for_schedules() LOOP
        PERFORM set_config('app.organization_id', organization::text, true);
        INSERT INTO docent.metric_days (organization_id, day)
        SELECT d.organization_id, d.metric_date FROM docent.daily_metrics d WHERE d.organization_id = organization
        UNION
        SELECT e.organization_id, (e.created_at AT TIME ZONE docent.time_zone_of(o.settings))::date
          FROM docent.escalations e JOIN docent.organizations o ON o.id = e.organization_id
         WHERE e.organization_id = organization
        ON CONFLICT DO NOTHING;
    END LOOP;
    PERFORM set_config('app.organization_id', '', true);
END
$$;
RESET ROLE;
