WITH found AS MATERIALIZED (
    SELECT f.* FROM docent.search_chunks($1, $2, $3, $4, $5, $6, $7, $8) WITH ORDINALITY f
), beside AS (
    -- What stands right before and after the first of them, in the same section of the same reading.
    SELECT n.*, f.document_title, f.document_key, f.ordinality, f.chunk_id AS neighbour_of, s.step > 0 AS is_after
      FROM (SELECT * FROM found ORDER BY ordinality LIMIT $9) f
      JOIN docent.chunks c ON c.organization_id = docent.current_organization() AND c.id = f.chunk_id
     CROSS JOIN (VALUES (-1), (1)) s (step)
     CROSS JOIN LATERAL (
        SELECT * FROM docent.chunks n
         WHERE n.organization_id = docent.current_organization()
           AND n.document_version_id = c.document_version_id AND n.chunk_index = c.chunk_index + s.step
         -- One row by its key each time; without this a long document is read from end to end.
         OFFSET 0) n
     WHERE n.headings = c.headings AND n.is_active
)
SELECT chunk_id, document_id, document_title, document_key, page_number, headings, content, language,
       dense, lexical, coverage, fused, NULL::uuid AS neighbour_of, false AS is_after, NULL AS question, ordinality
  FROM found
UNION ALL
SELECT id, document_id, document_title, document_key, page_number, headings, content, language,
       NULL, 0, 0, 0, neighbour_of, is_after, NULL, ordinality
  FROM beside
UNION ALL
-- Here, since the question's vector then travels once: all that a turn asks fits into one write.
SELECT id, document_id, document_title, document_key, NULL, '{}', answer, language,
       cosine, 0, 0, 0, NULL, is_own, question, NULL
  FROM docent.curated_candidates($4, $1, $2, $3, $10)
 ORDER BY ordinality, neighbour_of NULLS FIRST, is_after
