DELETE FROM docent.citations r
 WHERE r.organization_id = docent.current_organization() AND r.id < $1
   AND r.id IN (SELECT o.id FROM docent.citations o
                 WHERE o.organization_id = docent.current_organization() AND o.id < $1 LIMIT $2)
