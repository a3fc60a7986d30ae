-- The ground: schema, roles, the tenant's spelling, organizations.
--
-- Everything of ours lives in schema docent and touches nothing outside it. Migrations run as the owner of
-- the database, who need not be a superuser (Neon's owner is not).

CREATE SCHEMA IF NOT EXISTS docent;
CREATE EXTENSION IF NOT EXISTS vector;

-- docent_app is who the functions connect as: owns nothing, bypasses nothing. Its password is set by the
-- migrator from DATABASE_URL. docent_search and docent_door own the few functions that read across the wall
-- of row-level security under a wall of their own; nobody can log in as them.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['docent_app', 'docent_search', 'docent_door'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', name);
        END IF;
        -- INHERIT FALSE: a policy for one of these roles must not reach its member, the owner.
        EXECUTE format('GRANT %I TO CURRENT_USER WITH INHERIT FALSE, SET TRUE', name);
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA docent TO docent_app, docent_search, docent_door;

-- Statements of milliseconds: where a fresh database has no statistics yet, the planner's guesses would have
-- each compiled to machine code first (a search took 70 ms instead of 6).
ALTER ROLE docent_app SET jit = off;

-- The one spelling of "the tenant of this transaction". A setting that is unset or empty is an error, never
-- an empty result: current_setting raises, and '' is no uuid.
CREATE FUNCTION docent.current_organization() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN current_setting('app.organization_id')::uuid;

CREATE FUNCTION docent.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END
$$;

-- Puts a table behind the wall: row-level security, forced on its owner too, one policy for the application.
CREATE FUNCTION docent.wall(target regclass, tenant_column name DEFAULT 'organization_id') RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format(
        'CREATE POLICY tenant ON %s TO docent_app USING (%2$I = docent.current_organization()) '
        'WITH CHECK (%2$I = docent.current_organization())', target, tenant_column);
END
$$;
REVOKE ALL ON FUNCTION docent.wall(regclass, name) FROM PUBLIC;

CREATE TABLE docent.organizations (
    id                uuid PRIMARY KEY,
    name              text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    slug              text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$'),
    subscription_tier text NOT NULL DEFAULT 'basic',
    -- time_zone, locale, fiscal_year_start_month, sla_ms, qoe_weights, session_expiry_hours,
    -- user_message_limit, pii_policy, budgets, retention_days, transcript_sample_rate
    settings          jsonb NOT NULL DEFAULT '{}',
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX organizations_created_at ON docent.organizations (created_at);
SELECT docent.wall('docent.organizations', 'id');
-- Organizations are made by the operator, who runs as the owner, and by nobody else.
CREATE POLICY operator ON docent.organizations TO CURRENT_USER
    USING (id = docent.current_organization()) WITH CHECK (id = docent.current_organization());
CREATE POLICY door ON docent.organizations FOR SELECT TO docent_door USING (true);
GRANT SELECT, UPDATE ON docent.organizations TO docent_app;
GRANT SELECT (id, slug) ON docent.organizations TO docent_door;
CREATE TRIGGER touch BEFORE UPDATE ON docent.organizations
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();
