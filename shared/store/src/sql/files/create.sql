WITH never_came AS (
    DELETE FROM docent.files
     WHERE organization_id = docent.current_organization() AND session_id = $2
       AND status = 'uploaded' AND created_at < now() - make_interval(hours => $6)
)
INSERT INTO docent.files (organization_id, id, session_id, filename, content_type, size_bytes)
SELECT docent.current_organization(), $1, $2, $3, $4, $5
 WHERE (SELECT count(*) FROM docent.files
         WHERE organization_id = docent.current_organization() AND session_id = $2
           AND NOT (status = 'uploaded' AND created_at < now() - make_interval(hours => $6))) < $7
