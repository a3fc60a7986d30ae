-- The tenant is docent.current_organization(), taken by the function itself.
SELECT docent.erase_sessions($1) AS removed
