UPDATE docent.messages m
   SET metadata = m.metadata || jsonb_build_object('redaction', $2::jsonb || jsonb_build_object(
           'cost', docent.cost_of($3, $4, $5, $6, $7, $8)::text))
 WHERE m.organization_id = docent.current_organization() AND m.id = $1
