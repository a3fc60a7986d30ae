-- With the job, and beside it by model: what was paid in a day is told even when the job is gone.
WITH job AS (
    UPDATE docent.ingestion_jobs
       SET tokens = tokens + (SELECT coalesce(sum(t), 0) FROM unnest($3::bigint[] || $4::bigint[]) t),
           cost = cost + docent.cost_of_all($2, $3, $4),
           tokens_are_estimated = tokens_are_estimated OR $5
     WHERE organization_id = docent.current_organization() AND id = $1
    RETURNING kind
)
INSERT INTO docent.side_costs (organization_id, purpose, model, tokens, cost)
SELECT docent.current_organization(), CASE job.kind WHEN 'reembed' THEN 'reembedding' ELSE 'ingestion' END, s.model,
       s.read + s.written, docent.cost_of_all(ARRAY[s.model], ARRAY[s.read], ARRAY[s.written])
  FROM job CROSS JOIN unnest($2::text[], $3::bigint[], $4::bigint[]) AS s (model, read, written)
 WHERE s.read + s.written > 0
