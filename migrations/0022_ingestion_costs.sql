-- What reading a document into the search cost, and answers that a file brings.

-- To nine decimals: a batch of passages costs some millionths of a dollar.
CREATE OR REPLACE FUNCTION docent.cost_of(in_provider text, in_model text, in_prompt bigint, in_completion bigint) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT ((in_prompt * m.input_price + in_completion * coalesce(m.output_price, 0)) / 1000000)::numeric(18, 9)
      FROM ai_models m
     WHERE (m.organization_id IS NULL OR m.organization_id = current_organization())
       AND m.provider = in_provider
       AND m.model_id IN (in_model, regexp_replace(in_model, '^(global|us|eu|apac|jp|au|us-gov)\.', ''))
     ORDER BY m.organization_id NULLS LAST, (m.model_id = in_model) DESC
     LIMIT 1
$$;

-- What calls of models cost together; null as soon as one price is not known.
CREATE FUNCTION docent.cost_of_all(in_models text[], in_prompts bigint[], in_completions bigint[]) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT CASE WHEN bool_or(c.cost IS NULL) THEN NULL ELSE coalesce(sum(c.cost), 0) END
      FROM unnest(in_models, in_prompts, in_completions) AS s (model, prompt, completion)
     CROSS JOIN LATERAL (SELECT cost_of('bedrock', s.model, s.prompt, s.completion) AS cost) c
$$;
REVOKE ALL ON FUNCTION docent.cost_of_all(text[], bigint[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.cost_of_all(text[], bigint[], bigint[]) TO docent_app;

ALTER TABLE docent.document_versions
    -- Null: the price of a model is not known. Of versions of before, nobody counted.
    ALTER COLUMN embedding_cost SET DEFAULT 0,
    -- Whether a model that says nothing of tokens had some of them: then they were estimated.
    ADD COLUMN tokens_are_estimated boolean NOT NULL DEFAULT false,
    -- Tokens, in and out, of the model that wrote contextual headers, and what they cost.
    ADD COLUMN header_tokens bigint NOT NULL DEFAULT 0,
    ADD COLUMN header_cost   numeric(18, 9) DEFAULT 0;
