-- An invitation that was accepted or has expired makes room; an open one, and a user of this address, do not.
INSERT INTO docent.invitations AS i (organization_id, id, email_hash, email_ciphertext, role, display_name, org_unit,
                                     invited_by, expires_at)
SELECT docent.current_organization(), $1, $2, $8, $3, $4, $5, $6, $7
 WHERE NOT EXISTS (SELECT FROM docent.users u
                    WHERE u.organization_id = docent.current_organization() AND u.email_hash = $2)
ON CONFLICT (organization_id, email_hash) DO UPDATE
   SET id = excluded.id, email_ciphertext = excluded.email_ciphertext, role = excluded.role,
       display_name = excluded.display_name, org_unit = excluded.org_unit, invited_by = excluded.invited_by,
       expires_at = excluded.expires_at, accepted_at = NULL, user_id = NULL, created_at = now()
 WHERE i.accepted_at IS NOT NULL OR i.expires_at <= now()
