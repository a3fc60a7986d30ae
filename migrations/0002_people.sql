-- Who may call: people, known by the identity provider's subject, and machines with API keys.

CREATE TABLE docent.users (
    id               uuid PRIMARY KEY,
    organization_id  uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    external_id      text,
    username         text CHECK (char_length(username) BETWEEN 1 AND 255),
    display_name     text,
    -- Personal data: sealed bytes beside a keyed hash that can be looked up. No plaintext, ever.
    email_ciphertext bytea,
    email_hash       bytea,
    role             text NOT NULL CHECK (role IN
        ('admin', 'member', 'viewer', 'executive', 'technical', 'client_service', 'client', 'ingest_bot')),
    org_unit         text,
    last_login       timestamptz,
    metadata         jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, external_id),
    UNIQUE (organization_id, username),
    UNIQUE (organization_id, email_hash)
);
SELECT docent.wall('docent.users');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.users TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.users
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

CREATE TABLE docent.api_keys (
    id                    uuid PRIMARY KEY,
    organization_id       uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    name                  text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    hash                  bytea NOT NULL CHECK (length(hash) = 32),
    scopes                text[] NOT NULL DEFAULT '{}',
    rate_limit_per_minute integer CHECK (rate_limit_per_minute > 0),
    expires_at            timestamptz,
    last_used_at          timestamptz,
    revoked_at            timestamptz,
    created_by            uuid,
    created_at            timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, created_by) REFERENCES docent.users (organization_id, id)
        ON DELETE SET NULL (created_by)
);
SELECT docent.wall('docent.api_keys');
GRANT SELECT, INSERT, UPDATE ON docent.api_keys TO docent_app;
