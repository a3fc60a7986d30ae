INSERT INTO docent.curated_embeddings (organization_id, space_id, curated_answer_id, vector)
SELECT docent.current_organization(), $1, given.id,
       ($3::real[])[(given.place - 1) * $4::integer + 1 : given.place * $4::integer]::halfvec
  FROM unnest($2::uuid[]) WITH ORDINALITY AS given (id, place)
  JOIN docent.curated_answers a ON a.organization_id = docent.current_organization() AND a.id = given.id
ON CONFLICT DO NOTHING
