SELECT id, email_ciphertext, role, display_name, org_unit, last_login, created_at, updated_at
  FROM docent.users
 WHERE organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR id = $1)
   AND ($2::text IS NULL OR role = $2)
   AND ($3::uuid IS NULL OR id < $3)
 ORDER BY id DESC
 LIMIT $4
