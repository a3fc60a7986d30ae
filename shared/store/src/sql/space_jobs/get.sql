SELECT j.kind, j.collection_id, j.status, j.done, j.total, j.position,
       s.id AS space_id, s.model_id AS space_model, s.dimension AS space_dimension,
       s.input_conventions AS space_conventions, s.languages AS space_languages
  FROM docent.ingestion_jobs j
  JOIN docent.embedding_spaces s ON s.id = j.space_id
 WHERE j.organization_id = docent.current_organization() AND j.id = $1 AND j.kind IN ('reembed', 'cleanup')
   FOR UPDATE OF j
