-- The tenant is docent.current_organization(), taken by the function itself.
SELECT docent.erase_person($1, $2) AS removed
