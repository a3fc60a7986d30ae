-- Nothing, when the organization has as many as there may be.
INSERT INTO docent.integrations (organization_id, id, kind, name, settings, is_enabled, secret_ciphertext,
                                 authorization_ciphertext)
SELECT docent.current_organization(), $1, $2, $3, $4, $5, $6, $7
 WHERE (SELECT count(*) FROM docent.integrations i WHERE i.organization_id = docent.current_organization()) < $8
