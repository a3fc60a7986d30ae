-- The function reads the tenant itself: docent.current_organization().
SELECT docent.cost_of($1, $2, $3, $4, $5, $6)::text AS cost
