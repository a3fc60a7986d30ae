SELECT id AS space_id, model_id AS space_model, dimension AS space_dimension,
       input_conventions AS space_conventions, languages AS space_languages
  FROM docent.embedding_spaces
 WHERE (organization_id IS NULL OR organization_id = docent.current_organization())
   AND model_id = $1 AND dimension = $2 AND is_active
 ORDER BY organization_id NULLS LAST
 LIMIT 1
