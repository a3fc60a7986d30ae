SELECT CASE WHEN s.status = 'active' AND s.last_activity_at < now() - interval '24 hours' THEN 'expired' ELSE s.status END AS status,
       c.id AS chatbot_id, v.id AS config_id, v.llm_model, v.system_prompt, v.model_config, v.retrieval_k,
       v.score_threshold, v.confidence_threshold, v.context_window, v.fallback_message, v.allowed_hosts,
       clock_timestamp() AS began_at,
       e.id AS space_id, e.model_id AS space_model, e.dimension AS space_dimension,
       e.input_conventions AS space_conventions, e.languages AS space_languages
  FROM docent.sessions s
  JOIN docent.chatbots c ON c.organization_id = s.organization_id AND c.id = s.chatbot_id
  JOIN docent.config_versions v ON v.organization_id = c.organization_id AND v.id = c.active_config_version_id
  JOIN docent.embedding_spaces e ON e.id = v.embedding_model
 WHERE s.organization_id = docent.current_organization() AND s.id = $1
   AND c.status IN ('active', 'testing')
