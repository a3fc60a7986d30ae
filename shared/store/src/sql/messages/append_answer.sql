-- The function reads the tenant itself: docent.current_organization().
SELECT sequence_number, cost::text AS cost
  FROM docent.append_answer($1, $2, $3, $4, $5, $14, $6, $7, $8, $9, $10, $11, $12, $13,
                            $15, $16, $17, $18)
