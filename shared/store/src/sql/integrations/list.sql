SELECT i.id, i.kind, i.name, i.settings, i.authorization_ciphertext IS NOT NULL AS has_authorization, i.is_enabled, i.created_at,
       i.updated_at
  FROM docent.integrations i
 WHERE i.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR i.id = $1)
   AND ($2::uuid IS NULL OR i.id < $2)
 ORDER BY i.id DESC
 LIMIT $3
