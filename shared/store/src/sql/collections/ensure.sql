INSERT INTO docent.collections (organization_id, id, slug, name, space_id)
VALUES (docent.current_organization(), $1, $2, $2, $3)
ON CONFLICT DO NOTHING
