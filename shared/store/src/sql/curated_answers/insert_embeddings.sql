INSERT INTO docent.curated_embeddings (organization_id, space_id, curated_answer_id, vector)
SELECT docent.current_organization(), $1, id, ($3::real[])[(place - 1) * $4::integer + 1 : place * $4::integer]::halfvec
  FROM unnest($2::uuid[]) WITH ORDINALITY AS a (id, place)
