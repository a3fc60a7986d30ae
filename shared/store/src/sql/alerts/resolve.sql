-- By a person: when the condition still holds, its rule begins anew.
WITH resolved AS (
    UPDATE docent.alerts
       SET status = 'resolved', resolved_at = now(), resolved_by = $2
     WHERE organization_id = docent.current_organization() AND id = $1 AND status <> 'resolved'
    RETURNING id, rule_id
), anew AS (
    UPDATE docent.alert_rules r
       SET pending_since = NULL, clearing_since = NULL
      FROM resolved
     WHERE r.organization_id = docent.current_organization() AND r.id = resolved.rule_id
)
SELECT id FROM resolved
