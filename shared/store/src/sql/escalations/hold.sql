SELECT e.status FROM docent.escalations e
 WHERE e.organization_id = docent.current_organization() AND e.id = $1
   FOR UPDATE
