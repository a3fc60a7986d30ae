-- What is watched, what was found, who is told of it, and what was sent.

-- When what is pending is looked at again, though nobody does anything.
ALTER TABLE docent.aggregate_wakes ADD COLUMN follows_at timestamptz;

-- ── Rules ────────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE docent.alert_rules (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    -- Metric, aggregation, window, comparison, threshold, for, severity, filter: shared/alerting/src/rule.rs.
    rule            jsonb NOT NULL CHECK (jsonb_typeof(rule) = 'object'),
    is_enabled      boolean NOT NULL DEFAULT true,
    -- Of a rule that every organization has: which one. It can be changed and switched off, and is not deleted.
    builtin         text CHECK (char_length(builtin) BETWEEN 1 AND 100),
    -- How far it is: since when its condition holds, or is over; and what was measured last.
    pending_since   timestamptz,
    clearing_since  timestamptz,
    last_value      double precision,
    evaluated_at    timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, builtin)
);
SELECT docent.wall('docent.alert_rules');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.alert_rules TO docent_app;
-- Having been looked at is no change of a rule.
CREATE TRIGGER touch BEFORE UPDATE OF name, rule, is_enabled ON docent.alert_rules
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- ── Alerts ───────────────────────────────────────────────────────────────────────────────────────────
CREATE TABLE docent.alerts (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    -- Null once the rule is deleted; name and rule as they were stay.
    rule_id         uuid,
    name            text NOT NULL,
    rule            jsonb NOT NULL,
    severity        text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    status          text NOT NULL DEFAULT 'triggered' CHECK (status IN ('triggered', 'acknowledged', 'resolved')),
    -- What was measured when it was triggered.
    value           double precision NOT NULL,
    triggered_at    timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at     timestamptz,
    -- Null: nobody, its condition was over.
    resolved_by     text,
    UNIQUE (organization_id, id),
    CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
    FOREIGN KEY (organization_id, rule_id) REFERENCES docent.alert_rules (organization_id, id) ON DELETE SET NULL (rule_id)
);
-- A rule fires once at a time.
CREATE UNIQUE INDEX alerts_one_a_rule ON docent.alerts (organization_id, rule_id) WHERE status <> 'resolved';
CREATE INDEX alerts_rule ON docent.alerts (organization_id, rule_id);
CREATE INDEX alerts_resolved ON docent.alerts (organization_id, resolved_at) WHERE status = 'resolved';
SELECT docent.wall('docent.alerts');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.alerts TO docent_app;

-- ── Who is told ──────────────────────────────────────────────────────────────────────────────────────
-- A target's secret is derived from the deployment's key and the row's id and number: nothing secret is kept here.
CREATE TABLE docent.notification_targets (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    kind            text NOT NULL CHECK (kind IN ('webhook')),
    address         text NOT NULL CHECK (octet_length(address) BETWEEN 1 AND 2048),
    -- The least severity that it is told of.
    severity        text NOT NULL DEFAULT 'info' CHECK (severity IN ('info', 'warning', 'critical')),
    signing_number   integer NOT NULL DEFAULT 1 CHECK (signing_number > 0),
    is_enabled      boolean NOT NULL DEFAULT true,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id)
);
SELECT docent.wall('docent.notification_targets');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.notification_targets TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.notification_targets
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- ── The outbox ───────────────────────────────────────────────────────────────────────────────────────
-- Written with what it tells of, sent after the commit, until somebody takes it.
CREATE TABLE docent.deliveries (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    target_id       uuid NOT NULL,
    event           text NOT NULL CHECK (char_length(event) BETWEEN 1 AND 100),
    payload         jsonb NOT NULL,
    status          text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts        integer NOT NULL DEFAULT 0,
    -- Also how long whoever sends it at this moment holds it.
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    last_status     integer,
    last_error      text CHECK (char_length(last_error) <= 500),
    delivered_at    timestamptz,
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, target_id) REFERENCES docent.notification_targets (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX deliveries_due ON docent.deliveries (organization_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX deliveries_target ON docent.deliveries (organization_id, target_id);
CREATE INDEX deliveries_created ON docent.deliveries (organization_id, created_at);
SELECT docent.wall('docent.deliveries');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.deliveries TO docent_app;

-- What is told in a window is read by when it was said.
CREATE INDEX message_feedback_updated ON docent.message_feedback (organization_id, updated_at);
CREATE INDEX documents_processed ON docent.documents (organization_id, processed_at);
