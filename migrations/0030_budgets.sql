-- What an organization and its chatbots may spend on answers in a day, and what they have spent: the number that is shown is
-- the number that stops them. A day is one of the organization's time zone.

CREATE TABLE docent.budgets (
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    -- The organization itself, or a chatbot. Of a chatbot that is gone the days stay: they were spent.
    subject_id      uuid NOT NULL,
    day             date NOT NULL,
    tokens          bigint NOT NULL DEFAULT 0 CHECK (tokens >= 0),
    -- US dollars.
    cost            numeric(18, 9) NOT NULL DEFAULT 0 CHECK (cost >= 0),
    PRIMARY KEY (organization_id, subject_id, day)
) WITH (fillfactor = 50);
SELECT docent.wall('docent.budgets');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.budgets TO docent_app;

-- Null: no limit. The organization's own stand in its settings, under budgets.
ALTER TABLE docent.chatbots
    ADD COLUMN daily_tokens bigint CHECK (daily_tokens > 0),
    ADD COLUMN daily_cost   numeric(12, 6) CHECK (daily_cost > 0);

-- Today, where the organization is, and how long it lasts.
CREATE FUNCTION docent.today(in_settings jsonb, OUT day date, OUT seconds_left integer)
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT here::date, greatest(1, ceil(extract(epoch FROM here::date + interval '1 day' - here)))::integer
      FROM (SELECT now() AT TIME ZONE coalesce(in_settings ->> 'time_zone', 'UTC') AS here) zone
$$;
REVOKE ALL ON FUNCTION docent.today(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.today(jsonb) TO docent_app;

-- What a turn of a chatbot keeps to: what is taken out of messages, whether spending is limited, and whose budget is used up.
CREATE FUNCTION docent.limits_of(in_chatbot uuid)
RETURNS TABLE (redacted jsonb, is_limited boolean, exceeded text, seconds_left integer)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    o record;
    spent record;
BEGIN
    SELECT g.settings, c.daily_tokens, c.daily_cost,
           (g.settings #>> '{budgets,daily_tokens}')::bigint AS all_tokens,
           (g.settings #>> '{budgets,daily_cost}')::numeric AS all_cost
      INTO o
      FROM chatbots c
      JOIN organizations g ON g.id = c.organization_id
     WHERE c.organization_id = current_organization() AND c.id = in_chatbot;
    redacted := coalesce(o.settings #> '{pii_policy,messages}', '[]');
    is_limited := num_nonnulls(o.daily_tokens, o.daily_cost, o.all_tokens, o.all_cost) > 0;
    IF is_limited THEN
        SELECT t.day, t.seconds_left,
               coalesce(sum(b.tokens) FILTER (WHERE b.subject_id = in_chatbot), 0) AS tokens,
               coalesce(sum(b.cost) FILTER (WHERE b.subject_id = in_chatbot), 0) AS cost,
               coalesce(sum(b.tokens) FILTER (WHERE b.subject_id = current_organization()), 0) AS all_tokens,
               coalesce(sum(b.cost) FILTER (WHERE b.subject_id = current_organization()), 0) AS all_cost
          INTO spent
          FROM today(o.settings) t
          LEFT JOIN budgets b ON b.organization_id = current_organization() AND b.day = t.day
               AND b.subject_id IN (in_chatbot, current_organization())
         GROUP BY t.day, t.seconds_left;
        seconds_left := spent.seconds_left;
        exceeded := CASE
            WHEN spent.all_tokens >= o.all_tokens OR spent.all_cost >= o.all_cost THEN 'organization'
            WHEN spent.tokens >= o.daily_tokens OR spent.cost >= o.daily_cost THEN 'chatbot'
        END;
    END IF;
    RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION docent.limits_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.limits_of(uuid) TO docent_app;

-- Adds an answer to today's spending of its chatbot and of the organization. A model without a known price spends tokens alone.
CREATE FUNCTION docent.spend(in_chatbot uuid, in_tokens bigint, in_cost numeric) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    INSERT INTO budgets AS b (organization_id, subject_id, day, tokens, cost)
    SELECT current_organization(), s.id, (today(o.settings)).day, in_tokens, coalesce(in_cost, 0)
      FROM organizations o
     CROSS JOIN LATERAL (SELECT unnest(ARRAY[o.id, in_chatbot]) AS id) s
     WHERE o.id = current_organization()
     -- In one order always, so that two answers never wait for each other.
     ORDER BY s.id
    ON CONFLICT (organization_id, subject_id, day) DO UPDATE
       SET tokens = b.tokens + excluded.tokens, cost = b.cost + excluded.cost
$$;
REVOKE ALL ON FUNCTION docent.spend(uuid, bigint, numeric) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.spend(uuid, bigint, numeric) TO docent_app;
