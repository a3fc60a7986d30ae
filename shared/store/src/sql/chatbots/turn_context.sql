-- What sessions/turn_context says of a session's chatbot, of the one that chatbots/talking finds for $1: a session of it would
-- be active.
SELECT 'active' AS status, c.id::text = lower($1) OR c.name = $1 AS is_exact,
       c.id AS chatbot_id, v.id AS config_id, v.llm_model, v.system_prompt, v.model_config, v.retrieval_k,
       v.score_threshold, v.confidence_threshold, v.context_window, v.fallback_message, v.allowed_hosts,
       clock_timestamp() AS began_at,
       e.id AS space_id, e.model_id AS space_model, e.dimension AS space_dimension,
       e.input_conventions AS space_conventions, e.languages AS space_languages
  FROM docent.chatbots c
  JOIN docent.config_versions v ON v.organization_id = c.organization_id AND v.id = c.active_config_version_id
  JOIN docent.embedding_spaces e ON e.id = v.embedding_model
 WHERE c.organization_id = docent.current_organization() AND c.status IN ('active', 'testing')
   AND (c.id::text = lower($1) OR c.name = $1
        OR trim(BOTH '-' FROM regexp_replace(lower(c.name), '[[:space:][:punct:]]+', '-', 'g'))
         = trim(BOTH '-' FROM regexp_replace(lower($1), '[[:space:][:punct:]]+', '-', 'g')))
 ORDER BY (c.id::text = lower($1)) DESC, (c.name = $1) DESC
 LIMIT 2
