-- What each turn reads, planned once a connection: planning took longer than reading. Functions run behind the wall, as
-- whoever calls them.

-- ── The caller ───────────────────────────────────────────────────────────────────────────────────────
-- A key, whether it may call now, and one token less in its bucket. No row: no such key.
CREATE FUNCTION docent.check_key(in_id uuid, in_hash bytea, in_per_minute integer)
RETURNS TABLE (hash bytea, scopes text[], is_live boolean, per_minute integer, is_exceeded boolean, retry_after_seconds integer)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
DECLARE
    org CONSTANT uuid := current_organization();
    last_used timestamptz;
BEGIN
    SELECT k.hash, k.scopes, k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()),
           coalesce(k.rate_limit_per_minute, in_per_minute), k.last_used_at
      INTO hash, scopes, is_live, per_minute, last_used
      FROM api_keys k
     WHERE k.organization_id = org AND k.id = in_id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- Only a right secret is a use.
    IF is_live AND hash = in_hash THEN
        -- Once a minute is enough to know.
        IF last_used IS NULL OR last_used < now() - interval '1 minute' THEN
            UPDATE api_keys k SET last_used_at = now() WHERE k.organization_id = org AND k.id = in_id;
        END IF;
        SELECT t.is_exceeded, t.retry_after_seconds INTO is_exceeded, retry_after_seconds
          FROM take_token(in_id, per_minute) t;
    END IF;
    RETURN NEXT;
END
$$;
REVOKE ALL ON FUNCTION docent.check_key(uuid, bytea, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.check_key(uuid, bytea, integer) TO docent_app;

-- ── What a turn begins with ──────────────────────────────────────────────────────────────────────────
-- How a chatbot that talks answers now: its active config version and the space that it searches.
CREATE FUNCTION docent.answering_of(in_chatbot uuid)
RETURNS TABLE (
    chatbot_id uuid, chatbot_name text, organization_name text, transcript_share double precision,
    config_id uuid, llm_model text, system_prompt text, model_config jsonb, reranker_model text, retrieval_k integer,
    score_threshold real, confidence_threshold real, context_window integer, fallback_message text, allowed_hosts text[],
    began_at timestamptz,
    space_id uuid, space_model text, space_dimension integer, space_conventions jsonb, space_languages text[]
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT c.id, c.name, o.name,
           CASE WHEN jsonb_typeof(o.settings -> 'transcript_sample_rate') = 'number'
                THEN (o.settings ->> 'transcript_sample_rate')::double precision ELSE 0.01 END,
           v.id, v.llm_model, v.system_prompt, v.model_config, v.reranker_model, v.retrieval_k, v.score_threshold,
           v.confidence_threshold, v.context_window, v.fallback_message, v.allowed_hosts, clock_timestamp(),
           e.id, e.model_id, e.dimension, e.input_conventions, e.languages
      FROM chatbots c
      JOIN organizations o ON o.id = c.organization_id
      JOIN config_versions v ON v.organization_id = c.organization_id AND v.id = c.active_config_version_id
      JOIN embedding_spaces e ON e.id = v.embedding_model
     WHERE c.organization_id = current_organization() AND c.id = in_chatbot AND c.status IN ('active', 'testing');
END
$$;
REVOKE ALL ON FUNCTION docent.answering_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.answering_of(uuid) TO docent_app;

-- A session's status as of now, and its chatbot.
CREATE FUNCTION docent.standing_of_session(in_session uuid) RETURNS TABLE (status text, chatbot_id uuid)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT CASE WHEN s.status = 'active' AND s.last_activity_at < now() - interval '24 hours' THEN 'expired' ELSE s.status END,
           s.chatbot_id
      FROM sessions s
     WHERE s.organization_id = current_organization() AND s.id = in_session;
END
$$;
REVOKE ALL ON FUNCTION docent.standing_of_session(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.standing_of_session(uuid) TO docent_app;

-- The newest messages of people and of the chatbot, oldest first; those before one, when it is named.
CREATE FUNCTION docent.history(in_session uuid, in_oldest uuid, in_limit bigint, in_before uuid)
RETURNS TABLE (role text, content text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    org      CONSTANT uuid := current_organization();
    before   integer;
BEGIN
    IF in_before IS NOT NULL THEN
        SELECT e.sequence_number INTO before
          FROM messages e WHERE e.organization_id = org AND e.id = in_before AND e.session_id = in_session;
        IF NOT FOUND THEN
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
    SELECT newest.role, newest.content FROM (
        SELECT m.role, m.content, m.sequence_number
          FROM messages m
         -- A session's id is older than its messages: no partition before it is looked at.
         WHERE m.organization_id = org AND m.session_id = in_session AND m.id >= in_oldest
           AND m.role IN ('user', 'assistant') AND NOT m.error
           AND (before IS NULL OR m.sequence_number < before)
         ORDER BY m.sequence_number DESC
         LIMIT in_limit) newest
     ORDER BY newest.sequence_number;
END
$$;
REVOKE ALL ON FUNCTION docent.history(uuid, uuid, bigint, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.history(uuid, uuid, bigint, uuid) TO docent_app;

-- ── What it finds ────────────────────────────────────────────────────────────────────────────────────
-- The passages of search_chunks, what stands beside the first of them, and what people answered, in one answer: the question's
-- vector travels once, and all that a turn asks fits into one write.
CREATE FUNCTION docent.search_for_turn(
    in_space uuid, in_vector real[], in_words text[], in_chatbot uuid, in_filter jsonb, in_dense_weight double precision,
    in_candidates integer, in_limit integer, in_expanded bigint, in_curated integer
) RETURNS TABLE (
    chunk_id uuid, document_id uuid, document_title text, document_key text, page_number integer, headings text[],
    content text, language text, dense double precision, lexical double precision, coverage double precision,
    fused double precision, neighbour_of uuid, is_after boolean, question text
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    org CONSTANT uuid := current_organization();
BEGIN
    RETURN QUERY
    WITH found AS MATERIALIZED (
        SELECT f.* FROM search_chunks(in_space, in_vector, in_words, in_chatbot, in_filter, in_dense_weight, in_candidates,
                                      in_limit) WITH ORDINALITY f
    ), beside AS (
        -- What stands right before and after the first of them, in the same section of the same reading.
        SELECT n.*, f.document_title, f.document_key, f.ordinality, f.chunk_id AS neighbour_of, s.step > 0 AS is_after
          FROM (SELECT * FROM found ORDER BY ordinality LIMIT in_expanded) f
          JOIN chunks c ON c.organization_id = org AND c.id = f.chunk_id
         CROSS JOIN (VALUES (-1), (1)) s (step)
         CROSS JOIN LATERAL (
            SELECT * FROM chunks n
             WHERE n.organization_id = org
               AND n.document_version_id = c.document_version_id AND n.chunk_index = c.chunk_index + s.step
             -- One row by its key each time; without this a long document is read from end to end.
             OFFSET 0) n
         WHERE n.headings = c.headings AND n.is_active
    ), everything AS (
        SELECT f.chunk_id, f.document_id, f.document_title, f.document_key, f.page_number, f.headings, f.content, f.language,
               f.dense, f.lexical, f.coverage, f.fused, NULL::uuid AS neighbour_of, false AS is_after, NULL::text AS question,
               f.ordinality
          FROM found f
        UNION ALL
        SELECT b.id, b.document_id, b.document_title, b.document_key, b.page_number, b.headings, b.content, b.language,
               NULL, 0, 0, 0, b.neighbour_of, b.is_after, NULL, b.ordinality
          FROM beside b
        UNION ALL
        SELECT k.id, k.document_id, k.document_title, k.document_key, NULL, '{}', k.answer, k.language,
               k.cosine, 0, 0, 0, NULL, k.is_own, k.question, NULL
          FROM curated_candidates(in_chatbot, in_space, in_vector, in_words, in_curated) k
    )
    SELECT e.chunk_id, e.document_id, e.document_title, e.document_key, e.page_number, e.headings, e.content, e.language,
           e.dense, e.lexical, e.coverage, e.fused, e.neighbour_of, e.is_after, e.question
      FROM everything e
     ORDER BY e.ordinality, e.neighbour_of NULLS FIRST, e.is_after;
END
$$;
REVOKE ALL ON FUNCTION docent.search_for_turn(uuid, real[], text[], uuid, jsonb, double precision, integer, integer, bigint,
    integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.search_for_turn(uuid, real[], text[], uuid, jsonb, double precision, integer, integer, bigint,
    integer) TO docent_app;
