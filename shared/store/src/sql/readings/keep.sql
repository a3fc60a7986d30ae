-- What a model read in a message, unless that was changed, or taken by another, in the meantime.
UPDATE docent.messages m
   SET sentiment = CASE WHEN $3::boolean THEN $4::jsonb ELSE m.sentiment END, risk_flags = coalesce($5::jsonb, m.risk_flags),
       metadata = m.metadata || jsonb_build_object('reading', $6::jsonb || jsonb_build_object(
           'cost', docent.cost_of($7, $8, $9, $10, $11, $12)::text))
 WHERE m.organization_id = docent.current_organization() AND m.id = $1 AND m.metadata #>> '{reading,claim}' = $2
