INSERT INTO docent.side_costs (organization_id, purpose, chatbot_id, model, tokens, cost)
SELECT docent.current_organization(), $1, $2, $4, $5::bigint + $6::bigint,
       CASE WHEN $5 + $6 = 0 THEN 0 ELSE docent.cost_of($3, $4::text, $5, $6, $7, $8) END + docent.cost_beside($9, $10)
