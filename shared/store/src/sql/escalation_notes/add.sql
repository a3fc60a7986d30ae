-- The ticket's row is held: no more notes than there may be.
INSERT INTO docent.escalation_notes (organization_id, id, escalation_id, author, content)
SELECT docent.current_organization(), $1, $2, $3, $4
 WHERE (SELECT count(*) FROM docent.escalation_notes n
         WHERE n.organization_id = docent.current_organization() AND n.escalation_id = $2) < $5
RETURNING created_at
