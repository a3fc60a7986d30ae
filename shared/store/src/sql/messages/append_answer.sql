WITH numbered AS (
    UPDATE docent.sessions
       SET next_sequence = next_sequence + 1, message_count = message_count + 1, last_activity_at = now(),
           total_tokens = total_tokens + $7 + $8,
           answered_count = answered_count + ($11 IS NOT NULL)::integer,
           confidence_score = CASE WHEN $11 IS NULL THEN confidence_score ELSE
               (coalesce(confidence_score, 0) * answered_count + $11) / (answered_count + 1) END,
           avg_llm_latency_ms = CASE WHEN $11 IS NULL THEN avg_llm_latency_ms ELSE
               (coalesce(avg_llm_latency_ms, 0) * answered_count + $10) / (answered_count + 1) END
     WHERE organization_id = docent.current_organization() AND id = $2
    RETURNING next_sequence - 1 AS number, chatbot_id
), used AS (
    -- Once a minute is enough to know; a busy bot's row is not rewritten by every turn.
    UPDATE docent.chatbots c SET last_active_at = now()
      FROM numbered
     WHERE c.organization_id = docent.current_organization() AND c.id = numbered.chatbot_id
       AND (c.last_active_at IS NULL OR c.last_active_at < now() - interval '1 minute')
)
INSERT INTO docent.messages (organization_id, id, session_id, sequence_number, role, content, content_type,
                             search_vector, config_version_id, provider_name, model, prompt_tokens,
                             completion_tokens, total_tokens, processing_time_ms, confidence, abstained,
                             error, error_info)
SELECT docent.current_organization(), $1, $2, number, 'assistant', $3, 'markdown',
       docent.words_vector('und', $4), $5, $14, $6, $7, $8, $7 + $8, $9, $11, $12,
       $13 IS NOT NULL, $13
  FROM numbered
RETURNING sequence_number
