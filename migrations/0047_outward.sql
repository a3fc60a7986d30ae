-- What leaves an organization besides webhooks: topics of SNS, an agent's replies, and tickets that people keep in another system.

-- ── Who is told ──────────────────────────────────────────────────────────────────────────────────────
ALTER TABLE docent.notification_targets
    DROP CONSTRAINT notification_targets_kind_check,
    ADD CONSTRAINT notification_targets_kind_check CHECK (kind IN ('webhook', 'sns')),
    -- Random, and sealed; null: it is derived from the deployment's key and the row's id and number.
    ADD COLUMN secret_ciphertext bytea;
-- That its secret was sealed anew is no change of a target.
DROP TRIGGER touch ON docent.notification_targets;
CREATE TRIGGER touch BEFORE UPDATE OF name, address, severity, is_enabled ON docent.notification_targets
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- ── Systems of others ────────────────────────────────────────────────────────────────────────────────
CREATE TABLE docent.integrations (
    id                       uuid PRIMARY KEY,
    organization_id          uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    kind                     text NOT NULL CHECK (kind IN ('ticket_webhook')),
    name                     text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    -- Of a ticket_webhook: what is sent where (shared/domain/src/ticketing.rs).
    settings                 jsonb NOT NULL CHECK (jsonb_typeof(settings) = 'object'),
    -- What its messages are signed with, as of notification_targets.
    signing_number           integer NOT NULL DEFAULT 1 CHECK (signing_number > 0),
    secret_ciphertext        bytea,
    -- What the other system wants in the header Authorization: sealed, or there is none.
    authorization_ciphertext bytea,
    is_enabled               boolean NOT NULL DEFAULT true,
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id)
);
-- Where a ticket is kept is no question.
CREATE UNIQUE INDEX integrations_one_ticket_system ON docent.integrations (organization_id)
    WHERE kind = 'ticket_webhook' AND is_enabled;
SELECT docent.wall('docent.integrations');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.integrations TO docent_app;
-- Whoever has another credential changes it; that it was sealed anew is no change.
CREATE TRIGGER touch BEFORE UPDATE OF name, settings, is_enabled ON docent.integrations
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- ── The outbox ───────────────────────────────────────────────────────────────────────────────────────
ALTER TABLE docent.deliveries
    -- To a target; to whoever talks in a session; to the organization's ticket system.
    ADD COLUMN kind text NOT NULL DEFAULT 'notification' CHECK (kind IN ('notification', 'channel', 'ticket')),
    ALTER COLUMN target_id DROP NOT NULL,
    ADD COLUMN integration_id uuid,
    ADD COLUMN escalation_id uuid,
    ADD COLUMN session_id uuid,
    -- The session's platform.
    ADD COLUMN channel text CHECK (char_length(channel) BETWEEN 1 AND 100),
    -- Whose words are told; they are read when they are sent, and kept here by nobody.
    ADD COLUMN message_id uuid,
    ADD COLUMN note_id uuid,
    -- waiting: nothing sends to this channel yet.
    DROP CONSTRAINT deliveries_status_check,
    ADD CONSTRAINT deliveries_status_check CHECK (status IN ('pending', 'waiting', 'delivered', 'failed')),
    ADD CONSTRAINT deliveries_addressed CHECK (CASE kind
        WHEN 'notification' THEN target_id IS NOT NULL
        WHEN 'channel' THEN session_id IS NOT NULL AND channel IS NOT NULL AND message_id IS NOT NULL
        ELSE integration_id IS NOT NULL AND escalation_id IS NOT NULL END),
    ADD FOREIGN KEY (organization_id, integration_id) REFERENCES docent.integrations (organization_id, id) ON DELETE CASCADE,
    ADD FOREIGN KEY (organization_id, escalation_id) REFERENCES docent.escalations (organization_id, id) ON DELETE CASCADE,
    ADD FOREIGN KEY (organization_id, session_id) REFERENCES docent.sessions (organization_id, id) ON DELETE CASCADE;
CREATE INDEX deliveries_integration ON docent.deliveries (organization_id, integration_id);
CREATE INDEX deliveries_escalation ON docent.deliveries (organization_id, escalation_id);
CREATE INDEX deliveries_session ON docent.deliveries (organization_id, session_id);

-- ── Revisions ────────────────────────────────────────────────────────────────────────────────────────
-- As in 0035, of more kinds.
CREATE OR REPLACE FUNCTION docent.revision(in_kind text, in_id uuid) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
DECLARE
    revision timestamptz;
BEGIN
    IF in_kind = 'organizations' THEN
        SELECT updated_at INTO revision FROM organizations WHERE id = current_organization() AND id = in_id FOR UPDATE;
    ELSIF in_kind = 'chunks' THEN
        -- A person's word on it, or its birth; whoever writes such a word holds the document.
        PERFORM FROM documents d JOIN chunks c ON c.organization_id = d.organization_id AND c.document_id = d.id
          WHERE d.organization_id = current_organization() AND c.id = in_id FOR UPDATE OF d;
        SELECT coalesce(o.updated_at, v.created_at) INTO revision
          FROM chunks c
          JOIN document_versions v ON v.organization_id = c.organization_id AND v.id = c.document_version_id
          LEFT JOIN chunk_overrides o
            ON o.organization_id = c.organization_id AND o.document_id = c.document_id AND o.source_hash = c.source_hash
         WHERE c.organization_id = current_organization() AND c.id = in_id;
    ELSIF in_kind IN ('collections', 'documents', 'curated_answers', 'web_sources', 'chatbots', 'products', 'api_keys',
                      'users', 'escalations', 'gold_questions', 'alert_rules', 'notification_targets', 'integrations') THEN
        EXECUTE format('SELECT updated_at FROM docent.%I WHERE organization_id = docent.current_organization() AND id = $1 '
                       'FOR UPDATE', in_kind) INTO revision USING in_id;
    ELSIF in_kind IS NOT NULL THEN
        RAISE EXCEPTION 'no revisions of %', in_kind;
    END IF;
    RETURN revision;
END
$$;
