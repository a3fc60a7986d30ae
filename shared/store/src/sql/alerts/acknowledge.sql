UPDATE docent.alerts
   SET status = 'acknowledged', acknowledged_at = now(), acknowledged_by = $2
 WHERE organization_id = docent.current_organization() AND id = $1 AND status = 'triggered'
RETURNING id
