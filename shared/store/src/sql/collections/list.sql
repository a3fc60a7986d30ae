SELECT c.id, c.slug, c.name, c.description, c.chunk_size, c.chunk_overlap, c.metadata_schema, c.chunk_type_rules,
       c.contextual_headers, c.created_at, c.updated_at, s.model_id, s.dimension,
       (SELECT count(*) FROM docent.documents d
         WHERE d.organization_id = docent.current_organization() AND d.collection_id = c.id) AS documents
  FROM docent.collections c
  JOIN docent.embedding_spaces s ON s.id = c.space_id
 WHERE c.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL AND $2::text IS NULL OR c.id = $1 OR c.slug = $2)
   AND ($3::uuid IS NULL OR c.id < $3)
 -- A slug may look like an id: the id comes first.
 ORDER BY (c.id = $1) IS TRUE DESC, c.id DESC
 LIMIT $4
