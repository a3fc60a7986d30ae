-- What a system calls a ticket; a person's word on it stays, and so does what it is called in a system that had it before.
UPDATE docent.escalations SET external_ticket_id = $2, external_integration_id = $3
 WHERE organization_id = docent.current_organization() AND id = $1 AND external_ticket_id IS NULL
