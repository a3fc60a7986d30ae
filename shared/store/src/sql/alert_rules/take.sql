-- Who evaluates a rule holds it: another one at the same time passes it over.
SELECT r.id, r.name, r.rule, r.is_enabled, r.builtin, r.pending_since, r.clearing_since, r.last_value, r.evaluated_at,
       r.created_at, r.updated_at,
       EXISTS (SELECT FROM docent.alerts a
                WHERE a.organization_id = docent.current_organization() AND a.rule_id = r.id AND a.status <> 'resolved') AS is_firing
  FROM docent.alert_rules r
 WHERE r.organization_id = docent.current_organization() AND r.is_enabled
 ORDER BY r.id
 LIMIT $1
   FOR UPDATE OF r SKIP LOCKED
