SELECT s.id AS space_id, s.model_id AS space_model, s.dimension AS space_dimension,
       s.input_conventions AS space_conventions, s.languages AS space_languages
  FROM docent.embeddings e
  JOIN docent.embedding_spaces s ON s.id = e.space_id
 WHERE e.organization_id = docent.current_organization() AND e.chunk_id = $1
 ORDER BY s.id
