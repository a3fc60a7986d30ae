-- A version whose chunks and vectors are what these bytes would give, and that brought no answers of people, which are not
-- copied. Where people corrected either document by
-- hand, only this document's own: their word is about their document.
SELECT v.id, v.document_id, v.manifest, v.content_hash
  FROM docent.document_versions v
 WHERE v.organization_id = docent.current_organization() AND v.content_hash = $1 AND v.recipe = $2
   AND v.state = 'active' AND coalesce((v.manifest ->> 'curated')::integer, 0) = 0
   AND (v.document_id = $3
        OR NOT EXISTS (SELECT FROM docent.chunk_overrides o
                        WHERE o.organization_id = docent.current_organization()
                          AND o.document_id IN (v.document_id, $3)))
   -- A space may have been left since: its vectors are gone.
   AND NOT EXISTS (SELECT FROM unnest($4::uuid[]) AS wanted (space)
                    WHERE (SELECT count(*) FROM docent.embeddings e
                            WHERE e.organization_id = docent.current_organization() AND e.space_id = wanted.space
                              AND e.document_version_id = v.id) < (v.manifest ->> 'chunks')::integer)
 ORDER BY v.document_id = $3 DESC
 LIMIT 1
