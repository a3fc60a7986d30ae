INSERT INTO docent.api_keys (organization_id, id, name, hash, scopes, rate_limit_per_minute, expires_at)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6)
