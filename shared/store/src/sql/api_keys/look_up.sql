WITH known AS (
    SELECT id, hash, scopes, last_used_at,
           revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AS is_live
      FROM docent.api_keys
     WHERE organization_id = docent.current_organization() AND id = $1
), noted AS (
    -- Only a right secret is a use, and once a minute is enough to know.
    UPDATE docent.api_keys k SET last_used_at = now()
      FROM known
     WHERE k.organization_id = docent.current_organization() AND k.id = known.id
       AND known.hash = $2 AND known.is_live
       AND (known.last_used_at IS NULL OR known.last_used_at < now() - interval '1 minute')
)
SELECT hash, scopes, is_live FROM known
