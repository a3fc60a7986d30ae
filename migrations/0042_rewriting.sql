-- Follow-ups may be rewritten by a model: who did it is logged, and it costs.

-- `rules` or `model`; null: nothing was asked before, or it was logged before this was.
ALTER TABLE docent.retrieval_logs ADD COLUMN rewritten_by text;

-- As before, but for the price of an answer that people wrote and whose question a model rewrote.
CREATE OR REPLACE FUNCTION docent.append_answer(
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
    price   numeric(14, 6);
BEGIN
    IF in_provider IS NOT NULL THEN
        price := cost_of(in_provider, in_model, in_prompt_tokens, in_completion_tokens);
    ELSIF in_prompt_tokens + in_completion_tokens = 0 THEN
        -- What people wrote costs nothing.
        price := 0;
    ELSE
        SELECT cost_of(CASE WHEN starts_with(v.llm_model, 'openai/') THEN 'openai-compatible' ELSE 'bedrock' END,
                       v.llm_model, in_prompt_tokens, in_completion_tokens)
          INTO price
          FROM config_versions v
         WHERE v.organization_id = org AND v.id = in_config;
    END IF;
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
