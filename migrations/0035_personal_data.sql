-- What is done once and not unseen, what was read by whom, and what a person may ask for about themselves.

-- ── Revisions ────────────────────────────────────────────────────────────────────────────────────────
-- An ETag is the moment of the last change; so only what a keeper can change moves it.
ALTER TABLE docent.api_keys ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
CREATE TRIGGER touch BEFORE UPDATE OF name, scopes, rate_limit_per_minute, expires_at, revoked_at
    ON docent.api_keys FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();
-- That a chatbot was talked to is no change of it.
DROP TRIGGER touch ON docent.chatbots;
CREATE TRIGGER touch BEFORE UPDATE OF name, description, status, avatar_url, knowledge_base_filter, active_config_version_id,
    daily_tokens, daily_cost ON docent.chatbots FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- When a thing was changed last. It is held until the transaction ends: who changes it next waits. Runs behind the wall, as
-- whoever calls it. Null: there is no such thing.
CREATE FUNCTION docent.revision(in_kind text, in_id uuid) RETURNS timestamptz
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
                      'users', 'escalations') THEN
        EXECUTE format('SELECT updated_at FROM docent.%I WHERE organization_id = docent.current_organization() AND id = $1 '
                       'FOR UPDATE', in_kind) INTO revision USING in_id;
    ELSIF in_kind IS NOT NULL THEN
        RAISE EXCEPTION 'no revisions of %', in_kind;
    END IF;
    RETURN revision;
END
$$;
REVOKE ALL ON FUNCTION docent.revision(text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.revision(text, uuid) TO docent_app;
