UPDATE docent.ingestion_jobs
   SET tokens = tokens + (SELECT coalesce(sum(t), 0) FROM unnest($3::bigint[] || $4::bigint[]) t),
       cost = cost + docent.cost_of_all($2, $3, $4),
       tokens_are_estimated = tokens_are_estimated OR $5
 WHERE organization_id = docent.current_organization() AND id = $1
