-- Counts add up over the units of a run.
UPDATE docent.ingestion_jobs j
   SET done = j.done + $3,
       report = (SELECT jsonb_object_agg(name, coalesce((j.report ->> name)::bigint, 0) + (value)::bigint)
                   FROM jsonb_each_text($2) AS counted (name, value)),
       status = CASE WHEN $4 THEN 'completed' ELSE j.status END,
       total = CASE WHEN $4 THEN j.done + $3 ELSE j.total END,
       completed_at = CASE WHEN $4 THEN now() ELSE j.completed_at END
 WHERE j.organization_id = docent.current_organization() AND j.id = $1
RETURNING j.report
