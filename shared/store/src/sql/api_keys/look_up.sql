-- The tenant is docent.current_organization(), taken by the function itself.
SELECT hash, scopes, is_live, per_minute, is_exceeded, retry_after_seconds FROM docent.check_key($1, $2, $3)
