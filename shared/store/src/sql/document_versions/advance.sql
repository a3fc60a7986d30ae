-- Whoever gets here may die yet: that nobody did, a unit's end says (`release`).
UPDATE docent.document_versions
   SET chunks_done = $4, chunks_total = $5, copied_from = $6, lease_until = now() + make_interval(secs => $7),
       embedding_tokens = embedding_tokens + (SELECT coalesce(sum(t), 0) FROM unnest($9::bigint[]) t),
       embedding_cost = embedding_cost + docent.cost_of_all($8, $9, array_fill(0::bigint, ARRAY[cardinality($8::text[])])),
       tokens_are_estimated = tokens_are_estimated OR $10,
       header_tokens = header_tokens + (SELECT coalesce(sum(t), 0) FROM unnest($12::bigint[] || $13::bigint[]) t),
       header_cost = header_cost + docent.cost_of_all($11, $12, $13)
 WHERE organization_id = docent.current_organization() AND id = $1 AND worker = $2 AND state = 'building'
   AND chunks_done = $3
