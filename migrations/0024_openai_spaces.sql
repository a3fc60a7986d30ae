-- Models of OpenAI-compatible endpoints: their ids begin with openai/, and what they read is priced by that provider's terms.
-- The form of their embedding spaces (input_conventions) is "openai".

CREATE OR REPLACE FUNCTION docent.cost_of_all(in_models text[], in_prompts bigint[], in_completions bigint[]) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT CASE WHEN bool_or(c.cost IS NULL) THEN NULL ELSE coalesce(sum(c.cost), 0) END
      FROM unnest(in_models, in_prompts, in_completions) AS s (model, prompt, completion)
     CROSS JOIN LATERAL (
        SELECT cost_of(CASE WHEN starts_with(s.model, 'openai/') THEN 'openai-compatible' ELSE 'bedrock' END,
                       s.model, s.prompt, s.completion) AS cost) c
$$;
