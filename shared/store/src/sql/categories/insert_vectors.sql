-- As many numbers of $4 as the dimension says make a vector.
INSERT INTO docent.category_vectors (organization_id, category_id, space_id, place, intent, vector)
SELECT docent.current_organization(), $1, $2, n.place - 1, n.intent,
       ($4::real[])[(n.place - 1) * $5::integer + 1 : n.place * $5::integer]::vector::halfvec
  FROM unnest($3::integer[]) WITH ORDINALITY AS n (intent, place)
