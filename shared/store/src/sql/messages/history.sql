-- The tenant is docent.current_organization(), taken by the function itself.
SELECT role, content FROM docent.history($1, $2, $3, $4)
