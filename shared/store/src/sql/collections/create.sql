INSERT INTO docent.collections (organization_id, id, slug, name, description, chunk_size, chunk_overlap,
                                metadata_schema, chunk_type_rules, contextual_headers, space_id)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
