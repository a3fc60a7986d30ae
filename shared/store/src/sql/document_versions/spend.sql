-- In the order of their ids: two jobs that pay for the same versions do not wait for each other in a ring.
WITH paid AS (
    SELECT id, sum(tokens)::bigint AS tokens FROM unnest($1::uuid[], $2::bigint[]) AS p (id, tokens) GROUP BY id
), held AS (
    SELECT v.id FROM docent.document_versions v
     WHERE v.organization_id = docent.current_organization() AND v.id = ANY ($1)
     ORDER BY v.id
       FOR UPDATE
)
UPDATE docent.document_versions v
   SET embedding_tokens = v.embedding_tokens + paid.tokens,
       embedding_cost = v.embedding_cost + docent.cost_of_all(ARRAY[$3::text], ARRAY[paid.tokens], ARRAY[0::bigint]),
       tokens_are_estimated = v.tokens_are_estimated OR $4
  FROM held JOIN paid USING (id)
 WHERE v.organization_id = docent.current_organization() AND v.id = held.id
