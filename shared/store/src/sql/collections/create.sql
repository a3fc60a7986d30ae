WITH made AS (
    INSERT INTO docent.collections (organization_id, id, slug, name, description, chunk_size, chunk_overlap,
                                    metadata_schema, chunk_type_rules, contextual_headers, space_id)
    VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    RETURNING id
)
INSERT INTO docent.collection_spaces (organization_id, collection_id, space_id, state)
SELECT docent.current_organization(), made.id, space_id, 'ready'
  FROM made, docent.spaces_searched_everywhere() AS space_id
 WHERE space_id <> $10
