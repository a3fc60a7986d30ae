-- What a message was understood as; a chatbot's categories with the vectors of their examples; what each person asks and costs.

ALTER TABLE docent.messages ADD COLUMN language text CHECK (char_length(language) BETWEEN 2 AND 8);

-- As before, with what the message was understood as. The one with four arguments stays for those who call it still.
CREATE FUNCTION docent.append_user_message(
    in_id uuid, in_session uuid, in_content text, in_words text[], in_sentiment jsonb, in_risk_flags jsonb, in_language text
) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
DECLARE
    org    CONSTANT uuid := current_organization();
    number integer;
BEGIN
    -- The row's lock makes numbers gap-free and unique under concurrent turns.
    UPDATE sessions s
       SET next_sequence = s.next_sequence + 1, message_count = s.message_count + 1, last_activity_at = now(),
           status = CASE WHEN s.status = 'expired' THEN 'active' ELSE s.status END,
           title = coalesce(s.title, left(in_content, 80))
     WHERE s.organization_id = org AND s.id = in_session
    RETURNING s.next_sequence - 1 INTO number;
    IF number IS NOT NULL THEN
        INSERT INTO messages (organization_id, id, session_id, sequence_number, role, content, search_vector, sentiment,
                              risk_flags, language)
        VALUES (org, in_id, in_session, number, 'user', in_content, words_vector('und', in_words), in_sentiment,
                in_risk_flags, in_language);
    END IF;
    RETURN number;
END
$$;
REVOKE ALL ON FUNCTION docent.append_user_message(uuid, uuid, text, text[], jsonb, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.append_user_message(uuid, uuid, text, text[], jsonb, jsonb, text) TO docent_app;

-- ── Categories ───────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE docent.categories (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    chatbot_id      uuid NOT NULL,
    name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    description     text CHECK (char_length(description) BETWEEN 1 AND 1000),
    -- Questions that belong here.
    examples        text[] NOT NULL DEFAULT '{}',
    -- [{"name":, "examples": [text]}]: what is wanted within it; their examples are the category's as well.
    intents         jsonb NOT NULL DEFAULT '[]',
    position        integer NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    CONSTRAINT categories_name UNIQUE (organization_id, chatbot_id, name),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE
);
SELECT docent.wall('docent.categories');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.categories TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.categories
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- The middle of a category's vectors in one space, and how near a question must lie to belong: a turn looks at these first.
CREATE TABLE docent.category_centroids (
    organization_id uuid NOT NULL,
    chatbot_id      uuid NOT NULL,
    category_id     uuid NOT NULL,
    space_id        uuid NOT NULL REFERENCES docent.embedding_spaces (id) ON DELETE CASCADE,
    threshold       real NOT NULL CHECK (threshold BETWEEN -1 AND 1),
    vector          halfvec NOT NULL,
    PRIMARY KEY (organization_id, chatbot_id, space_id, category_id),
    FOREIGN KEY (organization_id, category_id) REFERENCES docent.categories (organization_id, id) ON DELETE CASCADE
);
ALTER TABLE docent.category_centroids ALTER COLUMN vector SET STORAGE PLAIN;
CREATE INDEX category_centroids_category ON docent.category_centroids (organization_id, category_id);
SELECT docent.wall('docent.category_centroids');
GRANT SELECT, INSERT, DELETE ON docent.category_centroids TO docent_app;

-- Its examples, in the order of the category's own and then of its intents'. Their name and description lie among them.
CREATE TABLE docent.category_vectors (
    organization_id uuid NOT NULL,
    category_id     uuid NOT NULL,
    space_id        uuid NOT NULL REFERENCES docent.embedding_spaces (id) ON DELETE CASCADE,
    place           integer NOT NULL CHECK (place >= 0),
    -- Which of the category's intents, from 0; null: of none.
    intent          integer,
    vector          halfvec NOT NULL,
    PRIMARY KEY (organization_id, category_id, space_id, place),
    FOREIGN KEY (organization_id, category_id) REFERENCES docent.categories (organization_id, id) ON DELETE CASCADE
);
ALTER TABLE docent.category_vectors ALTER COLUMN vector SET STORAGE PLAIN;
SELECT docent.wall('docent.category_vectors');
GRANT SELECT, INSERT, DELETE ON docent.category_vectors TO docent_app;

-- The categories nearest to a question: of those whose middle is nearest, how alike the middle is and how alike the nearest
-- examples are in the mean. Two hundred categories of a hundred examples are 200 and some 2,000 distances, not 20,000.
-- In plpgsql: planned once a connection.
CREATE FUNCTION docent.nearest_categories(
    in_chatbot uuid, in_space uuid, in_vector real[], in_categories integer, in_examples integer
) RETURNS TABLE (category_id uuid, name text, intent text, centroid real, examples real, threshold real)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    org   CONSTANT uuid := current_organization();
    asked halfvec;
BEGIN
    -- Most bots have none.
    IF NOT EXISTS (SELECT FROM category_centroids v
                    WHERE v.organization_id = org AND v.chatbot_id = in_chatbot AND v.space_id = in_space) THEN
        RETURN;
    END IF;
    asked := in_vector::vector::halfvec;
    RETURN QUERY
    WITH near AS MATERIALIZED (
        SELECT v.category_id, v.threshold, 1 - (v.vector OPERATOR(public.<=>) asked) AS alike
          FROM category_centroids v
         WHERE v.organization_id = org AND v.chatbot_id = in_chatbot AND v.space_id = in_space
         ORDER BY v.vector OPERATOR(public.<=>) asked
         LIMIT in_categories
    )
    SELECT c.id, c.name,
           CASE WHEN e.intent IS NOT NULL THEN c.intents -> e.intent ->> 'name' END,
           n.alike::real, e.alike::real, n.threshold
      FROM near n
      JOIN categories c ON c.organization_id = org AND c.id = n.category_id
     CROSS JOIN LATERAL (
        SELECT avg(x.alike) AS alike, (array_agg(x.intent ORDER BY x.alike DESC))[1] AS intent
          FROM (SELECT v.intent, 1 - (v.vector OPERATOR(public.<=>) asked) AS alike
                  FROM category_vectors v
                 WHERE v.organization_id = org AND v.category_id = n.category_id AND v.space_id = in_space
                 ORDER BY 2 DESC
                 LIMIT in_examples) x) e
     WHERE e.alike IS NOT NULL;
END
$$;
REVOKE ALL ON FUNCTION docent.nearest_categories(uuid, uuid, real[], integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.nearest_categories(uuid, uuid, real[], integer, integer) TO docent_app;

CREATE INDEX sessions_category ON docent.sessions (organization_id, category, started_at) WHERE category IS NOT NULL;

-- ── What each person asks and costs ──────────────────────────────────────────────────────────────────
-- A row a person and day with messages in it: a user, or somebody known by a keyed hash alone. Who is nobody in particular has none.
CREATE TABLE docent.person_daily (
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    day             date NOT NULL,
    -- The user's id, else the identifier's keyed hash in hex.
    person          text NOT NULL,
    user_id         uuid,
    sessions_count  integer NOT NULL,
    questions       integer NOT NULL,
    answers         integer NOT NULL,
    abstained       integer NOT NULL,
    tokens          bigint NOT NULL,
    cost            numeric(18, 6) NOT NULL,
    -- By a model whose price is not known: their cost is missing.
    unpriced        integer NOT NULL,
    PRIMARY KEY (organization_id, day, person)
);
SELECT docent.wall('docent.person_daily');
GRANT SELECT, INSERT, DELETE ON docent.person_daily TO docent_app;

-- Counts the persons of a day anew: called under the lock of `roll_up_day`, behind it, in its transaction.
CREATE FUNCTION docent.roll_up_persons(in_day date) RETURNS boolean
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
    DELETE FROM person_daily d WHERE d.organization_id = org AND d.day = in_day;
    INSERT INTO person_daily (organization_id, day, person, user_id, sessions_count, questions, answers, abstained, tokens, cost,
                              unpriced)
    SELECT org, in_day, s.person, s.user_id, count(DISTINCT m.session_id),
           count(*) FILTER (WHERE m.role = 'user'), count(*) FILTER (WHERE m.role = 'assistant'),
           count(*) FILTER (WHERE m.role = 'assistant' AND m.abstained),
           coalesce(sum(m.total_tokens), 0), coalesce(sum(m.cost), 0),
           count(*) FILTER (WHERE m.role = 'assistant' AND m.model IS NOT NULL AND m.cost IS NULL)
      FROM messages m
     CROSS JOIN LATERAL (SELECT s.user_id, coalesce(s.user_id::text, encode(s.user_identifier_hash, 'hex')) AS person
                           FROM sessions s WHERE s.organization_id = org AND s.id = m.session_id OFFSET 0) s
     WHERE m.organization_id = org
       AND m.created_at >= first - slack AND m.created_at < next + slack
       AND (m.created_at AT TIME ZONE zone)::date = in_day
       AND m.id >= uuid_at(first - interval '1 day')
       AND s.person IS NOT NULL
     GROUP BY s.person, s.user_id;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION docent.roll_up_persons(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.roll_up_persons(date) TO docent_app;

-- Who was counted so far was not counted by person: each day once more.
SET LOCAL ROLE docent_app;
DO $$
DECLARE
    organization uuid;
BEGIN
    FOR organization IN SELECT docent.organizations_for_schedules() LOOP
        PERFORM set_config('app.organization_id', organization::text, true);
        INSERT INTO docent.metric_days (organization_id, day)
        SELECT DISTINCT d.organization_id, d.metric_date FROM docent.daily_metrics d WHERE d.organization_id = organization
        ON CONFLICT DO NOTHING;
    END LOOP;
    PERFORM set_config('app.organization_id', '', true);
END
$$;
RESET ROLE;
