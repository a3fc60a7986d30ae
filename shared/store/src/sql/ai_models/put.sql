INSERT INTO docent.ai_models (organization_id, provider, model_id, kind, display_name, supports_vision,
                              supports_function_calling, max_context_tokens, max_output_tokens, input_price, output_price,
                              cache_read_price, cache_write_price, prices_read_on, is_available)
SELECT docent.current_organization(), r.provider, r.model_id, r.kind, r.display_name, r.supports_vision,
       r.supports_function_calling, r.max_context_tokens, r.max_output_tokens, r.input_price, r.output_price,
       r.cache_read_price, r.cache_write_price, r.prices_read_on, r.is_available
  FROM jsonb_to_recordset($1) AS r (provider text, model_id text, kind text, display_name text, supports_vision boolean,
       supports_function_calling boolean, max_context_tokens integer, max_output_tokens integer, input_price numeric,
       output_price numeric, cache_read_price numeric, cache_write_price numeric, prices_read_on date, is_available boolean)
ON CONFLICT (organization_id, provider, model_id) DO UPDATE
   SET kind = excluded.kind, display_name = excluded.display_name, supports_vision = excluded.supports_vision,
       supports_function_calling = excluded.supports_function_calling, max_context_tokens = excluded.max_context_tokens,
       max_output_tokens = excluded.max_output_tokens, input_price = excluded.input_price,
       output_price = excluded.output_price, cache_read_price = excluded.cache_read_price,
       cache_write_price = excluded.cache_write_price, prices_read_on = excluded.prices_read_on, is_available = excluded.is_available
