SELECT f.status FROM docent.admin_feedback f
 WHERE f.organization_id = docent.current_organization() AND f.id = $1
   FOR UPDATE
