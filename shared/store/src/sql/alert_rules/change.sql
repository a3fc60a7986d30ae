-- Another condition begins anew.
UPDATE docent.alert_rules
   SET name = $2, rule = $3, is_enabled = $4,
       pending_since = CASE WHEN rule = $3 AND $4 THEN pending_since END,
       clearing_since = CASE WHEN rule = $3 AND $4 THEN clearing_since END
 WHERE organization_id = docent.current_organization() AND id = $1
