-- What a change came to outlives the messages that it was measured on, a change that was undone says so, a person has one voice,
-- and what is paid beside answers is told with them.

-- ── How config versions answer, by day ───────────────────────────────────────────────────────────────
-- A row a version and day on which it answered. An answer that broke off has no confidence, and says nothing of the settings.
CREATE TABLE docent.version_daily (
    organization_id    uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    day                date NOT NULL,
    config_version_id  uuid NOT NULL,
    answers            integer NOT NULL,
    -- Those that did not abstain.
    answered           integer NOT NULL,
    -- Of all of them, and of its squares: what a mean and a deviation of any days are made of.
    confidence_sum     numeric NOT NULL,
    confidence_squares numeric NOT NULL,
    -- Thumbs on the day's answers, whenever they came.
    likes              integer NOT NULL,
    dislikes           integer NOT NULL,
    PRIMARY KEY (organization_id, day, config_version_id),
    FOREIGN KEY (organization_id, config_version_id) REFERENCES docent.config_versions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX version_daily_version ON docent.version_daily (organization_id, config_version_id, day);
SELECT docent.wall('docent.version_daily');
GRANT SELECT, INSERT, DELETE ON docent.version_daily TO docent_app;

-- The same of one day, as its messages say now.
CREATE FUNCTION docent.versions_of_day(in_day date) RETURNS TABLE (
    config_version_id uuid, answers bigint, answered bigint, confidence_sum numeric, confidence_squares numeric,
    likes bigint, dislikes bigint
)
LANGUAGE plpgsql STABLE
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
    RETURN QUERY
    SELECT v.id, count(*), count(*) FILTER (WHERE NOT m.abstained),
           sum(m.confidence::numeric), sum(m.confidence::numeric * m.confidence::numeric),
           sum(t.likes)::bigint, sum(t.dislikes)::bigint
      FROM messages m
      JOIN config_versions v ON v.organization_id = org AND v.id = m.config_version_id
     CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE f.rating = 'positive') AS likes, count(*) FILTER (WHERE f.rating = 'negative') AS dislikes
          FROM message_feedback f WHERE f.organization_id = org AND f.message_id = m.id) t
     WHERE m.organization_id = org AND m.role = 'assistant' AND m.confidence IS NOT NULL
       AND m.created_at >= first - slack AND m.created_at < next + slack
       AND (m.created_at AT TIME ZONE zone)::date = in_day
       AND m.id >= uuid_at(first - interval '1 day')
     GROUP BY v.id;
END
$$;
REVOKE ALL ON FUNCTION docent.versions_of_day(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.versions_of_day(date) TO docent_app;

-- Counts the versions of a day anew: called under the lock of `roll_up_day`, behind it, in its transaction.
CREATE FUNCTION docent.roll_up_versions(in_day date) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
DECLARE
    org CONSTANT uuid := current_organization();
BEGIN
    DELETE FROM version_daily d WHERE d.organization_id = org AND d.day = in_day;
    INSERT INTO version_daily (organization_id, day, config_version_id, answers, answered, confidence_sum, confidence_squares,
                               likes, dislikes)
    SELECT org, in_day, v.config_version_id, v.answers, v.answered, v.confidence_sum, v.confidence_squares, v.likes, v.dislikes
      FROM versions_of_day(in_day) v;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION docent.roll_up_versions(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.roll_up_versions(date) TO docent_app;

-- A thumb counts on its answer's day. Of an answer that is gone the day stays as it was counted.
CREATE FUNCTION docent.mark_day_of_thumb() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, docent, public, pg_temp AS $$
DECLARE
    thumb docent.message_feedback;
BEGIN
    IF current_setting('docent.sweeping', true) = 'on' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'DELETE' THEN
        thumb := OLD;
    ELSE
        thumb := NEW;
    END IF;
    INSERT INTO metric_days (organization_id, day)
    SELECT m.organization_id, (m.created_at AT TIME ZONE time_zone_of(o.settings))::date
      FROM messages m
      JOIN organizations o ON o.id = m.organization_id
     WHERE m.organization_id = thumb.organization_id AND m.id = thumb.message_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_day AFTER INSERT OR DELETE OR UPDATE OF rating ON docent.message_feedback
    FOR EACH ROW EXECUTE FUNCTION docent.mark_day_of_thumb();

-- ── A change that was undone ─────────────────────────────────────────────────────────────────────────
ALTER TABLE docent.admin_feedback DROP CONSTRAINT admin_feedback_status_check;
ALTER TABLE docent.admin_feedback ADD CONSTRAINT admin_feedback_status_check
    CHECK (status IN ('pending', 'analyzing', 'completed', 'applied', 'rejected', 'rolled_back'));
ALTER TABLE docent.admin_feedback
    ADD COLUMN rolled_back_at timestamptz,
    ADD COLUMN rolled_back_by text,
    -- The version that answered from then on.
    ADD COLUMN rolled_back_to_config_version_id uuid,
    ADD CHECK ((status = 'rolled_back') = (rolled_back_at IS NOT NULL)),
    ADD FOREIGN KEY (organization_id, rolled_back_to_config_version_id) REFERENCES docent.config_versions (organization_id, id)
        ON DELETE SET NULL (rolled_back_to_config_version_id);

-- ── What is paid beside answers ──────────────────────────────────────────────────────────────────────
-- A row a call of a model, or a step of a job, written with what came of it. Answers stand in their messages.
CREATE TABLE docent.side_costs (
    id              uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    purpose         text NOT NULL CHECK (purpose IN ('names', 'readings', 'replays', 'analyses', 'ingestion', 'reembedding')),
    -- Null: of documents, which all chatbots may read. Of a chatbot that is gone they stay: they were paid.
    chatbot_id      uuid,
    model           text NOT NULL,
    -- In and out.
    tokens          bigint NOT NULL CHECK (tokens >= 0),
    -- US dollars; null: the model's price is not known.
    cost            numeric(18, 9) CHECK (cost >= 0),
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id)
);
CREATE INDEX side_costs_created_at ON docent.side_costs (organization_id, created_at);
SELECT docent.wall('docent.side_costs');
GRANT SELECT, INSERT, DELETE ON docent.side_costs TO docent_app;

-- A row a purpose, chatbot and day.
CREATE TABLE docent.side_costs_daily (
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    day             date NOT NULL,
    purpose         text NOT NULL,
    chatbot_id      uuid,
    calls           integer NOT NULL,
    tokens          bigint NOT NULL,
    cost            numeric(18, 9) NOT NULL,
    -- By a model whose price is not known: their cost is missing.
    unpriced        integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (organization_id, day, purpose, chatbot_id)
);
SELECT docent.wall('docent.side_costs_daily');
GRANT SELECT, INSERT, DELETE ON docent.side_costs_daily TO docent_app;

CREATE FUNCTION docent.mark_days_of_side_costs() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, docent, public, pg_temp AS $$
BEGIN
    INSERT INTO metric_days (organization_id, day)
    SELECT DISTINCT n.organization_id, (n.created_at AT TIME ZONE time_zone_of(o.settings))::date
      FROM new_rows n JOIN organizations o ON o.id = n.organization_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER mark_inserted AFTER INSERT ON docent.side_costs REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION docent.mark_days_of_side_costs();

-- Counts what was paid on a day anew: called under the lock of `roll_up_day`, behind it, in its transaction.
CREATE FUNCTION docent.roll_up_side_costs(in_day date) RETURNS boolean
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
    DELETE FROM side_costs_daily d WHERE d.organization_id = org AND d.day = in_day;
    INSERT INTO side_costs_daily (organization_id, day, purpose, chatbot_id, calls, tokens, cost, unpriced)
    SELECT org, in_day, s.purpose, s.chatbot_id, count(*), sum(s.tokens), coalesce(sum(s.cost), 0), count(*) - count(s.cost)
      FROM side_costs s
     WHERE s.organization_id = org
       AND s.created_at >= first - slack AND s.created_at < next + slack
       AND (s.created_at AT TIME ZONE zone)::date = in_day
     GROUP BY s.purpose, s.chatbot_id;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION docent.roll_up_side_costs(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.roll_up_side_costs(date) TO docent_app;

-- As before, and days on which something was paid and nobody asked.
CREATE OR REPLACE FUNCTION docent.mark_all_days() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, docent, public, pg_temp AS $$
BEGIN
    INSERT INTO metric_days (organization_id, day)
    SELECT DISTINCT NEW.id, counted.day + beside.days
      FROM (SELECT d.metric_date AS day FROM daily_metrics d WHERE d.organization_id = NEW.id
            UNION
            SELECT e.day FROM escalation_daily e WHERE e.organization_id = NEW.id
            -- Marked by the clock of before, and not counted yet.
            UNION
            SELECT m.day FROM metric_days m WHERE m.organization_id = NEW.id
            UNION
            SELECT c.day FROM side_costs_daily c WHERE c.organization_id = NEW.id) counted
     CROSS JOIN generate_series(-1, 1) beside (days)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

-- ── One voice a person ───────────────────────────────────────────────────────────────────────────────
-- Who spoke is a user by their row, as who is erased, and as whose conversation it is: so far it was a hash of their name.
DROP TRIGGER touch ON docent.session_feedback;
CREATE TRIGGER touch BEFORE UPDATE OF nps_score, rating, comments ON docent.session_feedback
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- As the application, organization by organization: the owner sees no rows. And what was counted so far was not counted by
-- version: each day once more.
SET LOCAL ROLE docent_app;
DO $$
DECLARE
    organization uuid;
    person       record;
BEGIN
    FOR organization IN SELECT docent.organizations_for_schedules() LOOP
        PERFORM set_config('app.organization_id', organization::text, true);
        FOR person IN
            SELECT u.id, encode(set_byte(set_byte(h.bytes, 6, (get_byte(h.bytes, 6) & 15) | 128),
                                         8, (get_byte(h.bytes, 8) & 63) | 128), 'hex')::uuid AS caller_id
              FROM docent.users u
             CROSS JOIN LATERAL (SELECT substr(sha256(convert_to(u.external_id, 'UTF8')), 1, 16) AS bytes) h
             WHERE u.organization_id = organization AND u.external_id IS NOT NULL
        LOOP
            UPDATE docent.message_feedback f SET caller_id = person.id
             WHERE f.organization_id = organization AND f.caller_kind = 'user' AND f.caller_id = person.caller_id;
            UPDATE docent.session_feedback f SET caller_id = person.id
             WHERE f.organization_id = organization AND f.caller_kind = 'user' AND f.caller_id = person.caller_id;
        END LOOP;
        INSERT INTO docent.metric_days (organization_id, day)
        SELECT DISTINCT d.organization_id, d.metric_date FROM docent.daily_metrics d WHERE d.organization_id = organization
        ON CONFLICT DO NOTHING;
    END LOOP;
    PERFORM set_config('app.organization_id', '', true);
END
$$;
RESET ROLE;
