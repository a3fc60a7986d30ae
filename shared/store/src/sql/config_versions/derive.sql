INSERT INTO docent.config_versions (
    organization_id, id, chatbot_id, number, llm_provider, llm_model, system_prompt, model_config, rag_enabled,
    embedding_model, reranker_model, retrieval_k, score_threshold, confidence_threshold, context_window,
    welcome_message, fallback_message, why, allowed_hosts)
SELECT docent.current_organization(), $1, $2,
       1 + coalesce((SELECT max(number) FROM docent.config_versions
                      WHERE organization_id = docent.current_organization() AND chatbot_id = $2), 0),
       $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
