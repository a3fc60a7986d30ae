DELETE FROM docent.person_daily r
 WHERE r.organization_id = docent.current_organization() AND r.day < $1
   AND (r.day, r.person) IN (SELECT o.day, o.person FROM docent.person_daily o
                              WHERE o.organization_id = docent.current_organization() AND o.day < $1 LIMIT $2)
