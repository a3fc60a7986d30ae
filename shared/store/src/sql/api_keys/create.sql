INSERT INTO docent.api_keys (organization_id, id, name, hash, scopes)
VALUES (docent.current_organization(), $1, $2, $3, $4)
