INSERT INTO docent.config_versions (organization_id, id, chatbot_id, number, llm_model, system_prompt,
                                    model_config, embedding_model, fallback_message, llm_provider, confidence_threshold)
SELECT docent.current_organization(), $1, $2,
       1 + coalesce((SELECT max(number) FROM docent.config_versions
                      WHERE organization_id = docent.current_organization() AND chatbot_id = $2), 0),
       $3, $4, $5, $6, $7, $8, $9
