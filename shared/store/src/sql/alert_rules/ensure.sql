-- An organization that was deleted meanwhile gets none.
INSERT INTO docent.alert_rules (organization_id, id, name, rule, builtin)
SELECT o.id, d.id, d.name, d.rule, d.builtin
  FROM jsonb_to_recordset($1::jsonb) AS d (id uuid, name text, rule jsonb, builtin text)
  JOIN docent.organizations o ON o.id = docent.current_organization()
 WHERE NOT EXISTS (SELECT FROM docent.alert_rules r
                    WHERE r.organization_id = docent.current_organization() AND r.builtin = d.builtin)
ON CONFLICT (organization_id, builtin) DO NOTHING
