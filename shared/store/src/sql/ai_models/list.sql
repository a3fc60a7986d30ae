-- An organization's own row hides the one for all.
SELECT DISTINCT ON (m.provider, m.model_id)
       m.id, m.organization_id IS NOT NULL AS is_own, m.provider, m.model_id, m.kind, m.display_name, m.supports_vision,
       m.supports_function_calling, m.max_context_tokens, m.max_output_tokens, m.input_price::text AS input_price,
       m.output_price::text AS output_price, m.cache_read_price::text AS cache_read_price,
       m.cache_write_price::text AS cache_write_price, m.prices_read_on::text AS prices_read_on, m.is_available
  FROM docent.ai_models m
 WHERE (m.organization_id IS NULL OR m.organization_id = docent.current_organization())
   AND ($1::text IS NULL OR m.kind = $1)
 ORDER BY m.provider, m.model_id, m.organization_id NULLS LAST
