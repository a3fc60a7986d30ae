-- The function reads the tenant itself: docent.current_organization().
SELECT docent.spend($1, 0, docent.cost_beside($2, $3))
