DELETE FROM docent.side_costs r
 WHERE r.organization_id = docent.current_organization() AND r.created_at < $1
   AND r.id IN (SELECT o.id FROM docent.side_costs o
                 WHERE o.organization_id = docent.current_organization() AND o.created_at < $1 LIMIT $2)
