-- The row's lock lets one of several tokens through.
WITH accepted AS (
    UPDATE docent.invitations SET accepted_at = now(), user_id = $1
     WHERE organization_id = docent.current_organization() AND email_hash = $2
       AND accepted_at IS NULL AND expires_at > now()
    RETURNING role, display_name, org_unit
)
INSERT INTO docent.users (organization_id, id, external_id, email_hash, email_ciphertext, role, display_name, org_unit,
                          last_login)
SELECT docent.current_organization(), $1, $3, $2, $4, role, display_name, org_unit, now() FROM accepted
