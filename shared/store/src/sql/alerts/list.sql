SELECT a.id, a.rule_id, a.name, a.rule, a.severity, a.status, a.value, a.triggered_at, a.acknowledged_at, a.acknowledged_by,
       a.resolved_at, a.resolved_by
  FROM docent.alerts a
 WHERE a.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR a.id = $1)
   AND ($2::text IS NULL OR a.status = $2)
   AND ($3::text IS NULL OR a.severity = $3)
   AND ($4::uuid IS NULL OR a.id < $4)
 ORDER BY a.id DESC
 LIMIT $5
