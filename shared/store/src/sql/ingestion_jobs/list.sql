SELECT j.id, j.kind, j.status, j.chatbot_id, j.collection_id, j.document_id, j.done, j.total, j.error, j.report,
       j.tokens, j.cost::text AS cost, j.tokens_are_estimated,
       j.created_at, j.started_at, j.completed_at
  FROM docent.ingestion_jobs j
 WHERE j.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR j.id = $1)
   AND ($2::text IS NULL OR j.status = $2)
   AND ($3::text IS NULL OR j.kind = $3)
   AND ($4::uuid IS NULL OR j.document_id = $4)
   AND ($5::uuid IS NULL OR j.id < $5)
 ORDER BY j.id DESC
 LIMIT $6
