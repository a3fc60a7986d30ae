SELECT id, email_ciphertext, role, display_name, org_unit, invited_by, expires_at, accepted_at, user_id, created_at
  FROM docent.invitations
 WHERE organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR id = $1)
   AND ($2::uuid IS NULL OR id < $2)
 ORDER BY id DESC
 LIMIT $3
