SELECT u.used ->> 'provider' AS provider, u.used ->> 'model' AS model,
       sum((u.used ->> 'answers')::bigint)::bigint AS answers,
       sum((u.used ->> 'prompt_tokens')::bigint)::bigint AS prompt_tokens,
       sum((u.used ->> 'completion_tokens')::bigint)::bigint AS completion_tokens,
       sum((u.used ->> 'cost')::numeric)::numeric(18, 6)::text AS cost,
       sum((u.used ->> 'unpriced')::bigint)::bigint AS unpriced
  FROM docent.daily_metrics d
 CROSS JOIN LATERAL jsonb_array_elements(d.model_usage) u (used)
 WHERE d.organization_id = docent.current_organization() AND d.metric_date BETWEEN $1 AND $2
 GROUP BY 1, 2
 ORDER BY answers DESC, provider, model
