-- The doors: what may be asked before a tenant is known. A closed list, returning ids only, held by a golden
-- file in tests/golden. Each is owned by docent_door, which can read two columns of one table.

CREATE FUNCTION docent.organization_of_slug(wanted text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT id FROM docent.organizations WHERE slug = wanted $$;

CREATE FUNCTION docent.organizations_for_schedules() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT id FROM docent.organizations ORDER BY id $$;

REVOKE ALL ON FUNCTION docent.organization_of_slug(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION docent.organizations_for_schedules() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.organization_of_slug(text) TO docent_app;
GRANT EXECUTE ON FUNCTION docent.organizations_for_schedules() TO docent_app;

-- Last: once it is docent_door's, the migration's role (which does not inherit) can revoke and grant nothing on it.
GRANT CREATE ON SCHEMA docent TO docent_door;
ALTER FUNCTION docent.organization_of_slug(text) OWNER TO docent_door;
ALTER FUNCTION docent.organizations_for_schedules() OWNER TO docent_door;
REVOKE CREATE ON SCHEMA docent FROM docent_door;
