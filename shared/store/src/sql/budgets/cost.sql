-- The function reads the tenant itself: docent.current_organization().
SELECT docent.cost_of($1, $2, $3, $4)::text AS cost
