-- The tenant is docent.current_organization(), taken by the function itself.
SELECT docent.revision($1, $2) AS revision
