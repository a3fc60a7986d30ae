-- What is sealed: personal data that can be read again, by whoever the key management service opens a data key for.

-- ── Data keys ────────────────────────────────────────────────────────────────────────────────────────
-- An organization's own keys, themselves sealed by KMS: without it they open nothing. One of them seals, the retired ones
-- open what is not sealed anew yet, and go when nothing names them any more.
CREATE TABLE docent.data_keys (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    -- As KMS gave it out, bound to the organization by its encryption context.
    sealed          bytea NOT NULL CHECK (length(sealed) BETWEEN 1 AND 6144),
    -- The key of KMS that opens it.
    kms_key_arn     text NOT NULL CHECK (char_length(kms_key_arn) BETWEEN 1 AND 2048),
    state           text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    retired_at      timestamptz,
    UNIQUE (organization_id, id),
    CHECK ((state = 'retired') = (retired_at IS NOT NULL))
);
CREATE UNIQUE INDEX data_keys_active ON docent.data_keys (organization_id) WHERE state = 'active';
SELECT docent.wall('docent.data_keys');
GRANT SELECT, INSERT, UPDATE (state, retired_at), DELETE ON docent.data_keys TO docent_app;

-- Which data key a sealed value names: its bytes 2 to 17. Null for what is no sealed value of the first form.
CREATE FUNCTION docent.data_key_of(sealed bytea) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN length(sealed) > 17 AND get_byte(sealed, 0) = 1
            THEN encode(substring(sealed FROM 2 FOR 16), 'hex')::uuid END;
REVOKE ALL ON FUNCTION docent.data_key_of(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.data_key_of(bytea) TO docent_app;

-- ── What is sealed ───────────────────────────────────────────────────────────────────────────────────
-- Users' addresses and sessions' identifiers had their columns from the beginning.
ALTER TABLE docent.invitations ADD COLUMN email_ciphertext bytea;

-- Sealed anew with another key, an address is what it was.
DROP TRIGGER touch ON docent.users;
CREATE TRIGGER touch BEFORE UPDATE OF external_id, username, display_name, email_hash, role, org_unit, metadata
    ON docent.users FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();
