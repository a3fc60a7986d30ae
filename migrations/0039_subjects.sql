-- What a person may ask for about themselves.

-- ── Requests ─────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE docent.data_subject_requests (
    id                   uuid PRIMARY KEY,
    organization_id      uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    kind                 text NOT NULL CHECK (kind IN ('export', 'erase')),
    -- By what the person was named.
    subject_kind         text NOT NULL CHECK (subject_kind IN
        ('user_id', 'user_identifier', 'external_client_id', 'email', 'session_id')),
    -- Who it is: ids and keyed hashes, never an address or a name. All null once nothing is left to be found by them. No
    -- foreign keys: the rows go, and what is asked about them stays.
    user_id              uuid,
    session_id           uuid,
    email_hash           bytea,
    user_identifier_hash bytea,
    external_client_hash bytea,
    status               text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
    -- {"rows": {"messages": 12}, "objects": {"_sessions/": 2}}: what was exported or removed, where.
    report               jsonb NOT NULL DEFAULT '{}',
    error                text,
    -- Until when a unit of work has it for itself, and units in a row that broke off.
    worked_until         timestamptz,
    failures             integer NOT NULL DEFAULT 0,
    -- Of an export: its size, and when it was deleted.
    export_bytes         bigint CHECK (export_bytes >= 0),
    export_removed_at    timestamptz,
    created_by           text NOT NULL,
    created_at           timestamptz NOT NULL DEFAULT now(),
    started_at           timestamptz,
    completed_at         timestamptz,
    updated_at           timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id)
);
CREATE INDEX data_subject_requests_status ON docent.data_subject_requests (organization_id, status);
SELECT docent.wall('docent.data_subject_requests');
GRANT SELECT, INSERT, UPDATE ON docent.data_subject_requests TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.data_subject_requests
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- What a person is found by.
CREATE INDEX sessions_external_client ON docent.sessions (organization_id, external_client_hash)
    WHERE external_client_hash IS NOT NULL;
CREATE INDEX events_session ON docent.events (organization_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX events_of_audit ON docent.events (organization_id, id) WHERE event_category = 'audit';

-- The user that a request is about; null: nobody who signs in.
CREATE FUNCTION docent.user_of_subject(in_request uuid) RETURNS uuid
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT u.id FROM data_subject_requests r
      JOIN users u ON u.organization_id = current_organization() AND (u.id = r.user_id OR u.email_hash = r.email_hash)
     WHERE r.organization_id = current_organization() AND r.id = in_request
$$;
REVOKE ALL ON FUNCTION docent.user_of_subject(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.user_of_subject(uuid) TO docent_app;

-- A person's sessions behind one, in the order of their ids.
CREATE FUNCTION docent.sessions_of_subject(in_request uuid, in_after uuid, in_limit bigint) RETURNS SETOF uuid
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    WITH asked AS MATERIALIZED (
        SELECT r.session_id, r.user_identifier_hash, r.external_client_hash, user_of_subject(r.id) AS user_id
          FROM data_subject_requests r WHERE r.organization_id = current_organization() AND r.id = in_request
    ), found AS (
        SELECT s.id FROM asked a JOIN sessions s ON s.organization_id = current_organization() AND s.id = a.session_id
        UNION
        SELECT s.id FROM asked a JOIN sessions s ON s.organization_id = current_organization() AND s.user_id = a.user_id
        UNION
        SELECT s.id FROM asked a
          JOIN sessions s ON s.organization_id = current_organization() AND s.user_identifier_hash = a.user_identifier_hash
        UNION
        SELECT s.id FROM asked a
          JOIN sessions s ON s.organization_id = current_organization() AND s.external_client_hash = a.external_client_hash
    )
    SELECT f.id FROM found f WHERE in_after IS NULL OR f.id > in_after ORDER BY f.id LIMIT in_limit
$$;
REVOKE ALL ON FUNCTION docent.sessions_of_subject(uuid, uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.sessions_of_subject(uuid, uuid, bigint) TO docent_app;

-- Ids that a kept answer names.
CREATE FUNCTION docent.names_one_of(in_answer jsonb, in_ids uuid[]) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM regexp_matches(in_answer::text, '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'g') AS n (named)
         WHERE n.named[1]::uuid = ANY (in_ids))
$$;
REVOKE ALL ON FUNCTION docent.names_one_of(jsonb, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.names_one_of(jsonb, uuid[]) TO docent_app;

-- ── Facts of conversations that are gone ─────────────────────────────────────────────────────────────
-- Facts are append-only for the application. Those of a session that is no longer there may go, by this function alone;
-- who read what (audit) stays.
GRANT SELECT (session_id, event_category) ON docent.events TO docent_door;
GRANT SELECT (id, organization_id) ON docent.sessions TO docent_door;
CREATE POLICY door ON docent.sessions FOR SELECT TO docent_door USING (organization_id = docent.current_organization());

CREATE FUNCTION docent.sweep_events_of(in_sessions uuid[]) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, docent, pg_temp
AS $$
    WITH gone AS (
        DELETE FROM events e
         WHERE e.organization_id = current_organization() AND e.session_id = ANY (in_sessions) AND e.event_category <> 'audit'
           AND NOT EXISTS (SELECT FROM sessions s WHERE s.organization_id = current_organization() AND s.id = e.session_id)
        RETURNING 1
    )
    SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION docent.sweep_events_of(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.sweep_events_of(uuid[]) TO docent_app;

-- ── Erasing ──────────────────────────────────────────────────────────────────────────────────────────
-- Removes conversations with everything that holds a word of them, in one transaction; how many rows of each table. What was
-- counted of them stays, as when their time had passed. Runs behind the wall, as whoever calls it.
CREATE FUNCTION docent.erase_sessions(in_sessions uuid[]) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
DECLARE
    org      CONSTANT uuid := current_organization();
    report   jsonb := '{}';
    said     uuid[];
    persons  text[];
    answers  uuid[];
    number   bigint;
BEGIN
    PERFORM set_config('docent.sweeping', 'on', true);
    -- Whoever answers at this moment waits, and finds no session after.
    PERFORM FROM sessions s WHERE s.organization_id = org AND s.id = ANY (in_sessions) ORDER BY s.id FOR UPDATE;
    SELECT coalesce(array_agg(m.id), '{}') INTO said
      FROM messages m WHERE m.organization_id = org AND m.session_id = ANY (in_sessions);
    SELECT coalesce(array_agg(DISTINCT coalesce(s.user_id::text, encode(s.user_identifier_hash, 'hex'))), '{}') INTO persons
      FROM sessions s WHERE s.organization_id = org AND s.id = ANY (in_sessions)
       AND coalesce(s.user_id::text, encode(s.user_identifier_hash, 'hex')) IS NOT NULL;
    -- A correction that became an answer for all is kept with the question that was asked.
    SELECT coalesce(array_agg(f.curated_answer_id), '{}') INTO answers
      FROM message_feedback f
     WHERE f.organization_id = org AND f.session_id = ANY (in_sessions) AND f.curated_answer_id IS NOT NULL;

    DELETE FROM curated_answers c WHERE c.organization_id = org AND c.id = ANY (answers) AND c.source = 'correction';
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('curated_answers', number);
    DELETE FROM replay_results r USING replay_questions q
     WHERE r.organization_id = org AND q.organization_id = org AND q.message_id = ANY (said)
       AND r.replay_id = q.replay_id AND r.place = q.place;
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('replay_results', number);
    DELETE FROM replay_questions q WHERE q.organization_id = org AND q.message_id = ANY (said);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('replay_questions', number);
    -- A reviewer's criticism stays a row: what came of it is a version of the chatbot's settings.
    UPDATE replays p SET proposals = '[]'
      FROM admin_feedback a
     WHERE p.organization_id = org AND a.organization_id = org AND p.admin_feedback_id = a.id AND a.message_id = ANY (said);
    UPDATE admin_feedback a
       SET message_id = NULL, feedback_text = '[erased]', context = NULL, analysis_results = '{}',
           suggested_improvements = '[]', applied_changes = '[]'
     WHERE a.organization_id = org AND a.message_id = ANY (said);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('admin_feedback', number);
    DELETE FROM idempotency_keys k
     WHERE k.organization_id = org
       AND (k.caller_id = ANY (in_sessions) OR names_one_of(k.response, in_sessions || said));
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('idempotency_keys', number);
    DELETE FROM rate_limits l WHERE l.organization_id = org AND l.subject_id = ANY (in_sessions);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('rate_limits', number);
    DELETE FROM citations c WHERE c.organization_id = org AND c.message_id = ANY (said);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('citations', number);
    DELETE FROM retrieval_logs l WHERE l.organization_id = org AND l.message_id = ANY (said);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('retrieval_logs', number);
    DELETE FROM message_feedback f WHERE f.organization_id = org AND f.session_id = ANY (in_sessions);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('message_feedback', number);
    DELETE FROM session_feedback f WHERE f.organization_id = org AND f.session_id = ANY (in_sessions);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('session_feedback', number);
    DELETE FROM message_reviews v WHERE v.organization_id = org AND v.session_id = ANY (in_sessions);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('message_reviews', number);
    DELETE FROM escalation_notes n USING escalations e
     WHERE n.organization_id = org AND e.organization_id = org AND n.escalation_id = e.id AND e.session_id = ANY (in_sessions);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('escalation_notes', number);
    DELETE FROM escalations e WHERE e.organization_id = org AND e.session_id = ANY (in_sessions);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('escalations', number);
    DELETE FROM file_passages p USING files f
     WHERE p.organization_id = org AND f.organization_id = org AND p.file_id = f.id AND f.session_id = ANY (in_sessions);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('file_passages', number);
    DELETE FROM files f WHERE f.organization_id = org AND f.session_id = ANY (in_sessions);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('files', number);
    DELETE FROM messages m WHERE m.organization_id = org AND m.session_id = ANY (in_sessions);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('messages', number);
    DELETE FROM sessions s WHERE s.organization_id = org AND s.id = ANY (in_sessions);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('sessions', number);
    report := report || jsonb_build_object('events', sweep_events_of(in_sessions));
    -- What a person cost, whose last conversation this was.
    DELETE FROM person_daily d
     WHERE d.organization_id = org AND d.person = ANY (persons)
       AND NOT EXISTS (SELECT FROM sessions s
                        WHERE s.organization_id = org
                          AND coalesce(s.user_id::text, encode(s.user_identifier_hash, 'hex')) = d.person);
    GET DIAGNOSTICS number = ROW_COUNT;
    RETURN report || jsonb_build_object('person_daily', number);
END
$$;
REVOKE ALL ON FUNCTION docent.erase_sessions(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.erase_sessions(uuid[]) TO docent_app;

-- Removes what is kept of a person beside conversations: the user, invitations, opinions on other people's conversations,
-- what was counted of them. `in_caller`: as whom they called. Tickets and notes of others stay, and name an id that is nobody's.
CREATE FUNCTION docent.erase_person(in_request uuid, in_caller uuid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
DECLARE
    org     CONSTANT uuid := current_organization();
    gone    CONSTANT uuid := user_of_subject(in_request);
    r       data_subject_requests%ROWTYPE;
    invited uuid[];
    report  jsonb := '{}';
    number  bigint;
BEGIN
    SELECT * INTO r FROM data_subject_requests d WHERE d.organization_id = org AND d.id = in_request;
    SELECT coalesce(array_agg(i.id), '{}') INTO invited
      FROM invitations i
     WHERE i.organization_id = org
       AND (i.user_id = gone OR i.email_hash = r.email_hash
            OR i.email_hash = (SELECT u.email_hash FROM users u WHERE u.organization_id = org AND u.id = gone));
    DELETE FROM message_feedback f WHERE f.organization_id = org AND f.caller_kind = 'user' AND f.caller_id = gone;
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('message_feedback', number);
    DELETE FROM session_feedback f WHERE f.organization_id = org AND f.caller_kind = 'user' AND f.caller_id = gone;
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('session_feedback', number);
    DELETE FROM person_daily d
     WHERE d.organization_id = org AND d.person IN (gone::text, encode(r.user_identifier_hash, 'hex'));
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('person_daily', number);
    DELETE FROM idempotency_keys k
     WHERE k.organization_id = org AND (k.caller_id = in_caller OR names_one_of(k.response, invited || gone));
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('idempotency_keys', number);
    DELETE FROM rate_limits l WHERE l.organization_id = org AND l.subject_id = gone;
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('rate_limits', number);
    DELETE FROM invitations i WHERE i.organization_id = org AND i.id = ANY (invited);
    GET DIAGNOSTICS number = ROW_COUNT;
    report := report || jsonb_build_object('invitations', number);
    DELETE FROM users u WHERE u.organization_id = org AND u.id = gone;
    GET DIAGNOSTICS number = ROW_COUNT;
    RETURN report || jsonb_build_object('users', number);
END
$$;
REVOKE ALL ON FUNCTION docent.erase_person(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.erase_person(uuid, uuid) TO docent_app;

-- Last: once it is docent_door's, the migration's role can revoke and grant nothing on it.
GRANT CREATE ON SCHEMA docent TO docent_door;
ALTER FUNCTION docent.sweep_events_of(uuid[]) OWNER TO docent_door;
REVOKE CREATE ON SCHEMA docent FROM docent_door;
