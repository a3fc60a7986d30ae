-- The tenant is docent.current_organization(), taken by the function itself.
SELECT chunk_id, document_id, document_title, document_key, page_number, headings, content, language,
       dense, lexical, coverage, fused,
       -- Whether its original can still be opened.
       NOT EXISTS (SELECT FROM docent.documents d
                    WHERE d.organization_id = docent.current_organization() AND d.id = f.document_id
                      AND d.original_removed_at IS NOT NULL) AS has_original
  FROM docent.search_chunks($1, $2, $3, $4, $5, $6, $7, $8) f
