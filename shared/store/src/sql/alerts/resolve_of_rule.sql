UPDATE docent.alerts
   SET status = 'resolved', resolved_at = $2, resolved_by = $3
 WHERE organization_id = docent.current_organization() AND rule_id = $1 AND status <> 'resolved'
RETURNING id
