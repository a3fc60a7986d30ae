-- The space of a model and dimension, and every other that a collection is embedded in.
SELECT s.id AS space_id, s.model_id AS space_model, s.dimension AS space_dimension,
       s.input_conventions AS space_conventions, s.languages AS space_languages
  FROM docent.embedding_spaces s
 WHERE (s.organization_id IS NULL OR s.organization_id = docent.current_organization())
   AND (s.model_id = $1 AND s.dimension = $2 AND s.is_active
     OR EXISTS (SELECT FROM docent.collection_spaces m
                 WHERE m.organization_id = docent.current_organization() AND m.space_id = s.id AND m.state <> 'retired'))
 ORDER BY s.id
