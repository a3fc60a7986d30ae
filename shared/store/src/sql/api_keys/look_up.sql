WITH known AS (
    SELECT id, hash, scopes, last_used_at, coalesce(rate_limit_per_minute, $3) AS per_minute,
           revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AS is_live
      FROM docent.api_keys
     WHERE organization_id = docent.current_organization() AND id = $1
), right_one AS (
    -- Only a right secret is a use.
    SELECT id, per_minute, last_used_at FROM known WHERE hash = $2 AND is_live
), noted AS (
    -- Once a minute is enough to know.
    UPDATE docent.api_keys k SET last_used_at = now()
      FROM right_one
     WHERE k.organization_id = docent.current_organization() AND k.id = right_one.id
       AND (right_one.last_used_at IS NULL OR right_one.last_used_at < now() - interval '1 minute')
), taken AS (
    SELECT r.id, t.is_exceeded, t.retry_after_seconds
      FROM right_one r CROSS JOIN LATERAL docent.take_token(r.id, r.per_minute) t
)
SELECT k.hash, k.scopes, k.is_live, k.per_minute, t.is_exceeded, t.retry_after_seconds
  FROM known k
  LEFT JOIN taken t ON t.id = k.id
