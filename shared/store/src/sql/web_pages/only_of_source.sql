-- Objects of a source's pages that no other source keeps.
SELECT p.s3_key FROM docent.web_pages p
 WHERE p.organization_id = docent.current_organization() AND p.web_source_id = $1
   AND NOT EXISTS (SELECT FROM docent.web_pages o
                    WHERE o.organization_id = docent.current_organization() AND o.s3_key = p.s3_key
                      AND o.web_source_id <> $1 AND o.content_hash IS NOT NULL)
 ORDER BY p.s3_key
