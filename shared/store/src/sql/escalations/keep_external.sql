-- What the other system calls a ticket; a person's word on it stays.
UPDATE docent.escalations SET external_ticket_id = $2
 WHERE organization_id = docent.current_organization() AND id = $1 AND external_ticket_id IS NULL
