-- People and end users as callers: who is invited, which organizations somebody belongs to, and how often they may call.

-- ── Invitations ──────────────────────────────────────────────────────────────────────────────────────
-- The first valid token whose verified address matches becomes a user. The address itself is not kept.
CREATE TABLE docent.invitations (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    -- HMAC-SHA-256 of the address.
    email_hash      bytea NOT NULL CHECK (length(email_hash) = 32),
    role            text NOT NULL CHECK (role IN
        ('admin', 'member', 'viewer', 'executive', 'technical', 'client_service', 'client', 'ingest_bot')),
    -- What the user is to be called, and where they belong.
    display_name    text CHECK (char_length(display_name) BETWEEN 1 AND 255),
    org_unit        text CHECK (char_length(org_unit) BETWEEN 1 AND 255),
    -- Key or person; null: the operator.
    invited_by      text,
    expires_at      timestamptz NOT NULL,
    accepted_at     timestamptz,
    -- Who came of it, while they are there.
    user_id         uuid,
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, email_hash),
    FOREIGN KEY (organization_id, user_id) REFERENCES docent.users (organization_id, id)
        ON DELETE SET NULL (user_id)
);
CREATE INDEX invitations_email_hash ON docent.invitations (email_hash) WHERE accepted_at IS NULL;
SELECT docent.wall('docent.invitations');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.invitations TO docent_app;

-- ── Users ────────────────────────────────────────────────────────────────────────────────────────────
CREATE INDEX users_external_id ON docent.users (external_id);
-- Having been here is no change of who one is.
DROP TRIGGER touch ON docent.users;
CREATE TRIGGER touch BEFORE UPDATE OF external_id, username, display_name, email_ciphertext, email_hash, role, org_unit, metadata
    ON docent.users FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- ── The doors ────────────────────────────────────────────────────────────────────────────────────────
-- Which organizations a person belongs to is asked before a tenant is known: ids only, as the doors of 0007.
CREATE POLICY door ON docent.users FOR SELECT TO docent_door USING (true);
GRANT SELECT (organization_id, external_id) ON docent.users TO docent_door;
CREATE POLICY door ON docent.invitations FOR SELECT TO docent_door USING (true);
GRANT SELECT (organization_id, email_hash, expires_at, accepted_at) ON docent.invitations TO docent_door;

CREATE FUNCTION docent.organizations_of_subject(wanted text) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT organization_id FROM docent.users WHERE external_id = wanted ORDER BY organization_id $$;

CREATE FUNCTION docent.organizations_inviting(wanted bytea) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT organization_id FROM docent.invitations
       WHERE email_hash = wanted AND accepted_at IS NULL AND expires_at > now() ORDER BY organization_id $$;

REVOKE ALL ON FUNCTION docent.organizations_of_subject(text) FROM PUBLIC;
REVOKE ALL ON FUNCTION docent.organizations_inviting(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.organizations_of_subject(text) TO docent_app;
GRANT EXECUTE ON FUNCTION docent.organizations_inviting(bytea) TO docent_app;

-- Last: once they are docent_door's, the migration's role can revoke and grant nothing on them.
GRANT CREATE ON SCHEMA docent TO docent_door;
ALTER FUNCTION docent.organizations_of_subject(text) OWNER TO docent_door;
ALTER FUNCTION docent.organizations_inviting(bytea) OWNER TO docent_door;
REVOKE CREATE ON SCHEMA docent FROM docent_door;

-- ── The caller ───────────────────────────────────────────────────────────────────────────────────────
-- As check_key: who it is, and one token less in the bucket. Planned once a connection; behind the wall, as whoever
-- calls them. No row: nobody of this organization.

-- A person, and whether a session is theirs.
CREATE FUNCTION docent.check_person(in_subject text, in_session uuid, in_per_minute integer)
RETURNS TABLE (user_id uuid, role text, owns_session boolean, is_exceeded boolean, retry_after_seconds integer)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    org  CONSTANT uuid := current_organization();
    seen timestamptz;
    own  boolean := false;
    mine uuid;
    part text;
BEGIN
    SELECT u.id, u.role, u.last_login INTO mine, part, seen
      FROM users u WHERE u.organization_id = org AND u.external_id = in_subject;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- Once a minute is enough to know.
    IF seen IS NULL OR seen < now() - interval '1 minute' THEN
        UPDATE users u SET last_login = now() WHERE u.organization_id = org AND u.id = mine;
    END IF;
    IF in_session IS NOT NULL THEN
        own := EXISTS (SELECT FROM sessions s WHERE s.organization_id = org AND s.id = in_session AND s.user_id = mine);
    END IF;
    RETURN QUERY SELECT mine, part, own, t.is_exceeded, t.retry_after_seconds FROM take_token(mine, in_per_minute) t;
END
$$;
REVOKE ALL ON FUNCTION docent.check_person(text, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.check_person(text, uuid, integer) TO docent_app;

-- An end user, who is a session that goes on or has ended; one that was terminated is nobody's any more.
CREATE FUNCTION docent.check_end_user(in_session uuid, in_chatbot uuid, in_per_minute integer)
RETURNS TABLE (is_exceeded boolean, retry_after_seconds integer)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM FROM sessions s
      WHERE s.organization_id = current_organization() AND s.id = in_session AND s.chatbot_id = in_chatbot
        AND s.status <> 'terminated';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT t.is_exceeded, t.retry_after_seconds FROM take_token(in_session, in_per_minute) t;
END
$$;
REVOKE ALL ON FUNCTION docent.check_end_user(uuid, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.check_end_user(uuid, uuid, integer) TO docent_app;
