DELETE FROM docent.alerts a
 USING (SELECT o.id FROM docent.alerts o
         WHERE o.organization_id = docent.current_organization() AND o.status = 'resolved'
           AND o.resolved_at < now() - make_interval(days => $1) LIMIT $2) old
 WHERE a.organization_id = docent.current_organization() AND a.id = old.id
