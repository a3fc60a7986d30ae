-- What answers cost in full: prompts that a provider kept are cheaper, and an answer is not the only call of a turn.

-- ── Prices ───────────────────────────────────────────────────────────────────────────────────────────
ALTER TABLE docent.ai_models
    -- US dollars a million tokens of a prompt that the provider had kept, and of one that it keeps from now on. Null: as any other.
    ADD COLUMN cache_read_price  numeric(14, 6) CHECK (cache_read_price >= 0),
    ADD COLUMN cache_write_price numeric(14, 6) CHECK (cache_write_price >= 0);

-- On-demand prices of us-east-1, read on 2026-11-28 in the price table of LiteLLM 1.110.2 (model_prices_and_context_window.json).
-- It names its own sources: the AWS Price List (offers AmazonBedrock and AmazonBedrockFoundationModels of
-- pricing.us-east-1.amazonaws.com) and aws.amazon.com/bedrock/pricing; none for Claude 3.5 Haiku, Titan's embeddings and Amazon
-- Rerank. Prices that stood here before are the same there, so they get that day.
UPDATE docent.ai_models SET prices_read_on = '2026-11-28'
 WHERE organization_id IS NULL AND provider = 'bedrock' AND model_id NOT LIKE 'local.%';
UPDATE docent.ai_models m SET cache_read_price = p.kept, cache_write_price = p.keeping
  FROM (VALUES
        ('anthropic.claude-haiku-4-5-20251001-v1:0',  0.1,     1.25),
        ('anthropic.claude-sonnet-4-5-20250929-v1:0', 0.3,     3.75),
        ('anthropic.claude-sonnet-4-20250514-v1:0',   0.3,     3.75),
        ('anthropic.claude-opus-4-5-20251101-v1:0',   0.5,     6.25),
        ('anthropic.claude-3-5-haiku-20241022-v1:0',  0.08,    1),
        ('amazon.nova-micro-v1:0',                    0.00875, NULL),
        ('amazon.nova-lite-v1:0',                     0.015,   NULL),
        ('amazon.nova-pro-v1:0',                      0.2,     NULL),
        ('amazon.nova-premier-v1:0',                  0.625,   NULL)) AS p (model, kept, keeping)
 WHERE m.organization_id IS NULL AND m.provider = 'bedrock' AND m.model_id = p.model;

-- Inference profiles that cost something else than the model by its own name: the same table, the same day. Those of Claude are
-- named by aws.amazon.com/bedrock/pricing (a tenth more within a region's geography); of Nova's, Pro in Europe alone has a source.
INSERT INTO docent.ai_models (provider, model_id, kind, display_name, supports_vision, supports_function_calling, max_context_tokens,
                              max_output_tokens, input_price, output_price, cache_read_price, cache_write_price, prices_read_on)
SELECT m.provider, p.prefix || '.' || m.model_id, m.kind, m.display_name || ' (' || p.prefix || ')', m.supports_vision,
       m.supports_function_calling, m.max_context_tokens, m.max_output_tokens, p.input, p.output, p.kept, p.keeping, m.prices_read_on
  FROM docent.ai_models m
  JOIN (VALUES
        ('anthropic.claude-haiku-4-5-20251001-v1:0',  ARRAY['us', 'eu', 'jp', 'au', 'apac'], 1.1, 5.5,  0.11, 1.375),
        ('anthropic.claude-sonnet-4-5-20250929-v1:0', ARRAY['us', 'eu', 'jp', 'au'],         3.3, 16.5, 0.33, 4.125),
        ('anthropic.claude-opus-4-5-20251101-v1:0',   ARRAY['us', 'eu'],                     5.5, 27.5, 0.55, 6.875),
        ('amazon.nova-micro-v1:0', ARRAY['eu'],   0.046, 0.184, 0.0115,  NULL),
        ('amazon.nova-micro-v1:0', ARRAY['apac'], 0.037, 0.148, 0.00925, NULL),
        ('amazon.nova-lite-v1:0',  ARRAY['eu'],   0.078, 0.312, 0.0195,  NULL),
        ('amazon.nova-lite-v1:0',  ARRAY['apac'], 0.063, 0.252, 0.01575, NULL),
        ('amazon.nova-pro-v1:0',   ARRAY['eu'],   1.05,  4.2,   0.2625,  NULL),
        ('amazon.nova-pro-v1:0',   ARRAY['apac'], 0.84,  3.36,  0.21,    NULL))
       AS r (model, prefixes, input, output, kept, keeping) ON r.model = m.model_id
 CROSS JOIN LATERAL (SELECT unnest(r.prefixes) AS prefix, r.input, r.output, r.kept, r.keeping) p
 WHERE m.organization_id IS NULL AND m.provider = 'bedrock';

-- ── Costs ────────────────────────────────────────────────────────────────────────────────────────────
-- Of all tokens read, so many had been kept by the provider and so many are from now on.
CREATE FUNCTION docent.cost_of(in_provider text, in_model text, in_prompt bigint, in_completion bigint, in_kept bigint,
                               in_keeping bigint) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT (((in_prompt - in_kept - in_keeping) * m.input_price + in_kept * coalesce(m.cache_read_price, m.input_price)
             + in_keeping * coalesce(m.cache_write_price, m.input_price) + in_completion * coalesce(m.output_price, 0))
            / 1000000)::numeric(18, 9)
      FROM ai_models m
     WHERE (m.organization_id IS NULL OR m.organization_id = current_organization())
       AND m.provider = in_provider
       AND m.model_id IN (in_model, regexp_replace(in_model, '^(global|us|eu|apac|jp|au|us-gov)\.', ''))
     ORDER BY m.organization_id NULLS LAST, (m.model_id = in_model) DESC
     LIMIT 1
$$;
REVOKE ALL ON FUNCTION docent.cost_of(text, text, bigint, bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.cost_of(text, text, bigint, bigint, bigint, bigint) TO docent_app;
-- Where nobody keeps anything: the same.
CREATE OR REPLACE FUNCTION docent.cost_of(in_provider text, in_model text, in_prompt bigint, in_completion bigint) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT cost_of(in_provider, in_model, in_prompt, in_completion, 0, 0)
$$;

-- What calls beside an answer cost together: of vectors by tokens, of rerankers by searches. What has no price is not known and
-- counts nothing, so that an answer whose own price is known has one.
CREATE FUNCTION docent.cost_beside(in_models text[], in_units bigint[]) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT coalesce(sum(cost_of(CASE WHEN starts_with(s.model, 'openai/') THEN 'openai-compatible' ELSE 'bedrock' END,
                                s.model, s.units, 0)), 0)
      FROM unnest(in_models, in_units) AS s (model, units)
$$;
REVOKE ALL ON FUNCTION docent.cost_beside(text[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.cost_beside(text[], bigint[]) TO docent_app;

-- As append_answer was, with the calls beside it and with what the provider kept of the prompt. The one of before stays for
-- functions that still run while this one comes.
CREATE FUNCTION docent.append_answer(
    in_id uuid, in_session uuid, in_content text, in_words text[], in_config uuid, in_provider text, in_model text,
    in_prompt_tokens integer, in_completion_tokens integer, in_processing_ms integer, in_generation_ms integer,
    in_confidence real, in_abstained boolean, in_error_info jsonb, in_kept integer, in_keeping integer,
    in_beside text[], in_beside_units bigint[]
) RETURNS TABLE (sequence_number integer, cost numeric)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    org     CONSTANT uuid := current_organization();
    number  integer;
    bot     uuid;
    -- Rounded once: a question's vector costs some ten-millionths of a dollar.
    spent   numeric;
    price   numeric(14, 6);
BEGIN
    IF in_provider IS NOT NULL THEN
        spent := cost_of(in_provider, in_model, in_prompt_tokens, in_completion_tokens, in_kept, in_keeping);
    ELSIF in_prompt_tokens + in_completion_tokens = 0 THEN
        -- What people wrote costs nothing.
        spent := 0;
    ELSE
        SELECT cost_of(CASE WHEN starts_with(v.llm_model, 'openai/') THEN 'openai-compatible' ELSE 'bedrock' END,
                       v.llm_model, in_prompt_tokens, in_completion_tokens, in_kept, in_keeping)
          INTO spent
          FROM config_versions v
         WHERE v.organization_id = org AND v.id = in_config;
    END IF;
    price := spent + cost_beside(in_beside, in_beside_units);
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
    real, boolean, jsonb, integer, integer, text[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.append_answer(uuid, uuid, text, text[], uuid, text, text, integer, integer, integer, integer,
    real, boolean, jsonb, integer, integer, text[], bigint[]) TO docent_app;
