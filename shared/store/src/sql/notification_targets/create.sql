-- Nothing, when the organization has as many as there may be.
INSERT INTO docent.notification_targets (organization_id, id, name, kind, address, severity, is_enabled,
                                         secret_ciphertext)
SELECT docent.current_organization(), $1, $2, $3, $4, $5, $6, $8
 WHERE (SELECT count(*) FROM docent.notification_targets t WHERE t.organization_id = docent.current_organization()) < $7
