SELECT c.id, c.chunk_size, c.chunk_overlap, c.metadata_schema, c.chunk_type_rules, c.contextual_headers,
       s.id AS space_id, s.model_id AS space_model, s.dimension AS space_dimension,
       s.input_conventions AS space_conventions, s.languages AS space_languages
  FROM docent.collections c
  JOIN docent.embedding_spaces s
    ON s.id = c.space_id
    OR s.id IN (SELECT m.space_id FROM docent.collection_spaces m
                 WHERE m.organization_id = docent.current_organization() AND m.collection_id = c.id
                   AND m.state <> 'retired')
 WHERE c.organization_id = docent.current_organization() AND c.slug = $1
 ORDER BY s.id = c.space_id DESC, s.id
