-- A statement of its own after the lock: what a function that held the lock before has committed is seen here.
SELECT EXISTS (SELECT FROM docent.document_versions
                WHERE organization_id = docent.current_organization() AND document_id = $1
                  AND state = 'building') AS is_building
