SELECT t.id, t.name, t.kind, t.address, t.severity, t.is_enabled, t.created_at, t.updated_at
  FROM docent.notification_targets t
 WHERE t.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR t.id = $1)
   AND ($2::uuid IS NULL OR t.id < $2)
 ORDER BY t.id DESC
 LIMIT $3
