INSERT INTO docent.embeddings (organization_id, space_id, document_version_id, chunk_id, vector)
SELECT docent.current_organization(), $1, $2, id, $4[(place - 1) * $5 + 1 : place * $5]::halfvec
  FROM unnest($3) WITH ORDINALITY AS c (id, place)
