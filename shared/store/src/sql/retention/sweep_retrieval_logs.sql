DELETE FROM docent.retrieval_logs r
 WHERE r.organization_id = docent.current_organization() AND r.id < $1
   AND r.id IN (SELECT o.id FROM docent.retrieval_logs o
                 WHERE o.organization_id = docent.current_organization() AND o.id < $1 LIMIT $2)
