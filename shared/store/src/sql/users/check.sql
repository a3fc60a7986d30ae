-- The tenant is docent.current_organization(), taken by the function itself.
SELECT user_id, role, owns_session, is_shared, is_exceeded, retry_after_seconds FROM docent.check_person($1, $2, $3)
