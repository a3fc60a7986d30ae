-- The tenant is docent.current_organization(), taken by the function itself.
SELECT is_exceeded, retry_after_seconds FROM docent.check_end_user($1, $2, $3)
