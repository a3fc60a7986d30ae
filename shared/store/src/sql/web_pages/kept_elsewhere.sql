SELECT EXISTS (SELECT FROM docent.web_pages
                WHERE organization_id = docent.current_organization() AND s3_key = $2 AND web_source_id <> $1
                  AND content_hash IS NOT NULL) AS is_kept
