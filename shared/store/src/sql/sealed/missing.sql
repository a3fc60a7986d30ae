-- Users without a sealed address, whose invitation has it: the key did not answer when they joined.
SELECT u.id, i.id AS invitation_id, i.email_ciphertext AS sealed
  FROM docent.users u
  JOIN docent.invitations i ON i.organization_id = docent.current_organization() AND i.user_id = u.id
                           AND i.email_hash = u.email_hash
 WHERE u.organization_id = docent.current_organization() AND u.email_ciphertext IS NULL
   AND i.email_ciphertext IS NOT NULL
 ORDER BY u.id
 LIMIT $1
