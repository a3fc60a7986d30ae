SELECT v.id, v.chatbot_id, v.number, v.llm_provider, v.llm_model, v.system_prompt, v.model_config, v.rag_enabled,
       v.embedding_model AS space_id, s.model_id AS embedding_model, s.dimension AS embedding_dimension,
       v.reranker_model, v.retrieval_k, v.score_threshold, v.confidence_threshold, v.context_window,
       v.welcome_message, v.fallback_message, v.allowed_hosts, v.why, v.created_at,
       v.id = c.active_config_version_id AS is_active
  FROM docent.config_versions v
  JOIN docent.chatbots c ON c.organization_id = v.organization_id AND c.id = v.chatbot_id
  JOIN docent.embedding_spaces s ON s.id = v.embedding_model
 WHERE v.organization_id = docent.current_organization() AND v.chatbot_id = $1
   AND ($2::uuid IS NULL OR v.id = $2)
   AND ($3::integer IS NULL OR v.number < $3)
 ORDER BY v.number DESC
 LIMIT $4
