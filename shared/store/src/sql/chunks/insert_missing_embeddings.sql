-- What came or went while the texts were embedded is left as it is.
INSERT INTO docent.embeddings (organization_id, space_id, document_version_id, chunk_id, vector)
SELECT docent.current_organization(), $1, c.document_version_id, c.id, ($3::real[])[(n.place - 1) * $4::integer + 1 : n.place * $4::integer]::halfvec
  FROM unnest($2::uuid[]) WITH ORDINALITY AS n (id, place)
  JOIN docent.chunks c ON c.organization_id = docent.current_organization() AND c.id = n.id
ON CONFLICT DO NOTHING
