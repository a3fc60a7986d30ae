INSERT INTO docent.alerts (organization_id, id, rule_id, name, rule, severity, value, triggered_at)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7)
