-- The function reads the tenant itself: docent.current_organization().
SELECT docent.spend($1, $2, docent.cost_of($3, $4, $5, $6, $7, $8))
