-- Nothing, when the organization has as many as there may be.
INSERT INTO docent.alert_rules (organization_id, id, name, rule, is_enabled)
SELECT docent.current_organization(), $1, $2, $3, $4
 WHERE (SELECT count(*) FROM docent.alert_rules r WHERE r.organization_id = docent.current_organization()) < $5
