-- Its slug is its name, unless another collection is called so.
WITH made AS (
    INSERT INTO docent.collections (organization_id, id, slug, name, space_id)
    SELECT docent.current_organization(), $1, $2, free.name, $3
      FROM (SELECT n.name FROM (SELECT 1 AS place, $2::text AS name
                                UNION ALL SELECT i, $2::text || ' (' || i || ')' FROM generate_series(2, 1000) i) n
             WHERE NOT EXISTS (SELECT FROM docent.collections c
                                WHERE c.organization_id = docent.current_organization() AND c.name = n.name)
             ORDER BY n.place LIMIT 1) free
     WHERE NOT EXISTS (SELECT FROM docent.collections c
                        WHERE c.organization_id = docent.current_organization() AND c.slug = $2)
    ON CONFLICT (organization_id, slug) DO NOTHING
    RETURNING id
)
INSERT INTO docent.collection_spaces (organization_id, collection_id, space_id, state)
SELECT docent.current_organization(), made.id, space_id, 'ready'
  FROM made, docent.spaces_searched_everywhere() AS space_id
 WHERE space_id <> $3
