-- What turns cost, are kept once, and can be stopped and asked again.

-- ── Models and their prices ──────────────────────────────────────────────────────────────────────────
CREATE TABLE docent.ai_models (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    -- Null: for all. An organization's own row, with its own prices, comes first.
    organization_id   uuid REFERENCES docent.organizations (id) ON DELETE CASCADE,
    provider          text NOT NULL CHECK (char_length(provider) BETWEEN 1 AND 50),
    -- Without the prefix of an inference profile (global., us., eu., apac., jp., au.), which does not change what it is.
    model_id          text NOT NULL CHECK (char_length(model_id) BETWEEN 1 AND 256),
    kind              text NOT NULL CHECK (kind IN ('chat', 'embedding', 'rerank')),
    display_name      text NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 255),
    supports_vision           boolean NOT NULL DEFAULT false,
    supports_function_calling boolean NOT NULL DEFAULT false,
    max_context_tokens integer CHECK (max_context_tokens > 0),
    max_output_tokens  integer CHECK (max_output_tokens > 0),
    -- US dollars a million tokens; of a reranker, a million searches. Null: not known.
    input_price       numeric(14, 6) CHECK (input_price >= 0),
    output_price      numeric(14, 6) CHECK (output_price >= 0),
    -- When somebody read the prices.
    prices_read_on    date,
    is_available      boolean NOT NULL DEFAULT true,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (organization_id, provider, model_id)
);
SELECT docent.wall('docent.ai_models');
-- What is for all is everybody's to read and nobody's to write.
CREATE POLICY shared ON docent.ai_models FOR SELECT TO docent_app USING (organization_id IS NULL);
CREATE POLICY operator ON docent.ai_models TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.ai_models TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.ai_models
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- On-demand prices of the United States' regions as generally known (aws.amazon.com/bedrock/pricing is the source to compare them
-- with): nobody read that page for these rows, so they bear no date. An organization writes its own terms, with the day.
INSERT INTO docent.ai_models (provider, model_id, kind, display_name, supports_vision, supports_function_calling,
                              max_context_tokens, max_output_tokens, input_price, output_price, prices_read_on) VALUES
    ('bedrock', 'anthropic.claude-haiku-4-5-20251001-v1:0',  'chat', 'Claude Haiku 4.5',  true, true, 200000, 64000, 1,    5,    NULL),
    ('bedrock', 'anthropic.claude-sonnet-4-5-20250929-v1:0', 'chat', 'Claude Sonnet 4.5', true, true, 200000, 64000, 3,    15,   NULL),
    ('bedrock', 'anthropic.claude-sonnet-4-20250514-v1:0',   'chat', 'Claude Sonnet 4',   true, true, 200000, 64000, 3,    15,   NULL),
    ('bedrock', 'anthropic.claude-opus-4-5-20251101-v1:0',   'chat', 'Claude Opus 4.5',   true, true, 200000, 64000, 5,    25,   NULL),
    ('bedrock', 'anthropic.claude-3-5-haiku-20241022-v1:0',  'chat', 'Claude 3.5 Haiku',  false, true, 200000, 8192, 0.8,  4,    NULL),
    ('bedrock', 'amazon.nova-micro-v1:0',   'chat', 'Amazon Nova Micro',   false, true, 128000,  10000, 0.035, 0.14, NULL),
    ('bedrock', 'amazon.nova-lite-v1:0',    'chat', 'Amazon Nova Lite',    true,  true, 300000,  10000, 0.06,  0.24, NULL),
    ('bedrock', 'amazon.nova-pro-v1:0',     'chat', 'Amazon Nova Pro',     true,  true, 300000,  10000, 0.8,   3.2,  NULL),
    ('bedrock', 'amazon.nova-premier-v1:0', 'chat', 'Amazon Nova Premier', true,  true, 1000000, 32000, 2.5,   12.5, NULL),
    ('bedrock', 'meta.llama3-3-70b-instruct-v1:0', 'chat', 'Llama 3.3 70B', false, true, 128000, 8192, 0.72, 0.72, NULL),
    ('bedrock', 'amazon.titan-embed-text-v2:0', 'embedding', 'Titan Text Embeddings V2', false, false, 8192, NULL, 0.02, NULL, NULL),
    ('bedrock', 'amazon.titan-embed-text-v1',   'embedding', 'Titan Text Embeddings',    false, false, 8192, NULL, 0.1,  NULL, NULL),
    ('bedrock', 'cohere.embed-english-v3',      'embedding', 'Cohere Embed English v3',  false, false, 512,  NULL, 0.1,  NULL, NULL),
    ('bedrock', 'cohere.embed-multilingual-v3', 'embedding', 'Cohere Embed Multilingual v3', false, false, 512, NULL, 0.1, NULL, NULL),
    ('bedrock', 'cohere.rerank-v3-5:0', 'rerank', 'Cohere Rerank 3.5', false, false, 4096, NULL, 2000, NULL, NULL),
    ('bedrock', 'amazon.rerank-v1:0',   'rerank', 'Amazon Rerank 1.0', false, false, NULL, NULL, 1000, NULL, NULL),
    -- What runs on one machine and costs nothing.
    ('bedrock', 'local.extractive',         'chat',      'Extractive answers on this machine', false, false, NULL, NULL, 0, 0, '2026-11-27'),
    ('bedrock', 'local.all-minilm-l6-v2',   'embedding', 'all-MiniLM-L6-v2 on this machine',   false, false, 256, NULL, 0, NULL, '2026-11-27');

-- What tokens of a model cost in US dollars; null while its price is not known.
CREATE FUNCTION docent.cost_of(in_provider text, in_model text, in_prompt bigint, in_completion bigint) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT ((in_prompt * m.input_price + in_completion * coalesce(m.output_price, 0)) / 1000000)::numeric(14, 6)
      FROM ai_models m
     WHERE (m.organization_id IS NULL OR m.organization_id = current_organization())
       AND m.provider = in_provider
       AND m.model_id IN (in_model, regexp_replace(in_model, '^(global|us|eu|apac|jp|au|us-gov)\.', ''))
     ORDER BY m.organization_id NULLS LAST, (m.model_id = in_model) DESC
     LIMIT 1
$$;
REVOKE ALL ON FUNCTION docent.cost_of(text, text, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.cost_of(text, text, bigint, bigint) TO docent_app;

-- ── Messages ─────────────────────────────────────────────────────────────────────────────────────────
-- Functions, because their statements are planned once a connection: planning an insert into a partitioned table took
-- longer than doing it. They run behind the wall, as whoever calls them.

CREATE FUNCTION docent.append_user_message(in_id uuid, in_session uuid, in_content text, in_words text[]) RETURNS integer
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
DECLARE
    org    CONSTANT uuid := current_organization();
    number integer;
BEGIN
    -- The row's lock makes numbers gap-free and unique under concurrent turns.
    UPDATE sessions s
       SET next_sequence = s.next_sequence + 1, message_count = s.message_count + 1, last_activity_at = now(),
           status = CASE WHEN s.status = 'expired' THEN 'active' ELSE s.status END,
           title = coalesce(s.title, left(in_content, 80))
     WHERE s.organization_id = org AND s.id = in_session
    RETURNING s.next_sequence - 1 INTO number;
    IF number IS NOT NULL THEN
        INSERT INTO messages (organization_id, id, session_id, sequence_number, role, content, search_vector)
        VALUES (org, in_id, in_session, number, 'user', in_content, words_vector('und', in_words));
    END IF;
    RETURN number;
END
$$;
REVOKE ALL ON FUNCTION docent.append_user_message(uuid, uuid, text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.append_user_message(uuid, uuid, text, text[]) TO docent_app;

CREATE FUNCTION docent.append_answer(
    in_id uuid, in_session uuid, in_content text, in_words text[], in_config uuid, in_provider text, in_model text,
    in_prompt_tokens integer, in_completion_tokens integer, in_processing_ms integer, in_generation_ms integer,
    in_confidence real, in_abstained boolean, in_error_info jsonb
) RETURNS TABLE (sequence_number integer, cost numeric)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    org     CONSTANT uuid := current_organization();
    number  integer;
    bot     uuid;
    -- What people wrote costs nothing.
    price   CONSTANT numeric(14, 6) := CASE WHEN in_provider IS NULL THEN 0
        ELSE cost_of(in_provider, in_model, in_prompt_tokens, in_completion_tokens) END;
BEGIN
    UPDATE sessions s
       SET next_sequence = s.next_sequence + 1, message_count = s.message_count + 1, last_activity_at = now(),
           total_tokens = s.total_tokens + in_prompt_tokens + in_completion_tokens,
           total_cost = s.total_cost + coalesce(price, 0),
           answered_count = s.answered_count + (in_confidence IS NOT NULL)::integer,
           confidence_score = CASE WHEN in_confidence IS NULL THEN s.confidence_score ELSE
               (coalesce(s.confidence_score, 0) * s.answered_count + in_confidence) / (s.answered_count + 1) END,
           avg_llm_latency_ms = CASE WHEN in_confidence IS NULL THEN s.avg_llm_latency_ms ELSE
               (coalesce(s.avg_llm_latency_ms, 0) * s.answered_count + in_generation_ms) / (s.answered_count + 1) END
     WHERE s.organization_id = org AND s.id = in_session
    RETURNING s.next_sequence - 1, s.chatbot_id INTO number, bot;
    IF number IS NULL THEN
        RETURN;
    END IF;
    -- Once a minute is enough to know; a busy bot's row is not rewritten by every turn.
    UPDATE chatbots c SET last_active_at = now()
     WHERE c.organization_id = org AND c.id = bot
       AND (c.last_active_at IS NULL OR c.last_active_at < now() - interval '1 minute');
    INSERT INTO messages (organization_id, id, session_id, sequence_number, role, content, content_type,
                          search_vector, config_version_id, provider_name, model, prompt_tokens,
                          completion_tokens, total_tokens, cost, processing_time_ms, confidence, abstained,
                          error, error_info)
    VALUES (org, in_id, in_session, number, 'assistant', in_content, 'markdown',
            words_vector('und', in_words), in_config, in_provider, in_model, in_prompt_tokens,
            in_completion_tokens, in_prompt_tokens + in_completion_tokens, price, in_processing_ms, in_confidence,
            in_abstained, in_error_info IS NOT NULL, in_error_info);
    RETURN QUERY SELECT number, price;
END
$$;
REVOKE ALL ON FUNCTION docent.append_answer(uuid, uuid, text, text[], uuid, text, text, integer, integer, integer, integer,
    real, boolean, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.append_answer(uuid, uuid, text, text[], uuid, text, text, integer, integer, integer, integer,
    real, boolean, jsonb) TO docent_app;

-- ── Stopping an answer ───────────────────────────────────────────────────────────────────────────────
-- Whoever writes the answer may be another process: it looks here while it writes.
ALTER TABLE docent.sessions ADD COLUMN cancel_requested_at timestamptz;

-- ── Once only ────────────────────────────────────────────────────────────────────────────────────────
-- What a caller asked for under a key of its own (draft-ietf-httpapi-idempotency-key-header): asked again within a day, it
-- gets what came of it.
CREATE TABLE docent.idempotency_keys (
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    caller_id       uuid NOT NULL,
    key             text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
    -- SHA-256 of what was asked: the same key with other words is a mistake.
    fingerprint     bytea NOT NULL CHECK (length(fingerprint) = 32),
    -- Null while it is under way.
    response        jsonb,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, caller_id, key)
);
CREATE INDEX idempotency_keys_created ON docent.idempotency_keys (organization_id, created_at);
SELECT docent.wall('docent.idempotency_keys');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.idempotency_keys TO docent_app;
