SELECT c.id, c.chunk_size, c.chunk_overlap,
       s.id AS space_id, s.model_id AS space_model, s.dimension AS space_dimension,
       s.input_conventions AS space_conventions, s.languages AS space_languages
  FROM docent.collections c
  JOIN docent.embedding_spaces s ON s.id = c.space_id
 WHERE c.organization_id = docent.current_organization() AND c.slug = $1
