SELECT id, name, scopes, coalesce(rate_limit_per_minute, $4) AS rate_limit_per_minute, expires_at, last_used_at, revoked_at, created_at,
       updated_at
  FROM docent.api_keys
 WHERE organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR id = $1)
   AND ($2::uuid IS NULL OR id < $2)
 ORDER BY id DESC
 LIMIT $3
