-- What waits is sent afterwards, however long that takes: it goes with whom it is for.
DELETE FROM docent.deliveries d
 USING (SELECT o.id FROM docent.deliveries o
         WHERE o.organization_id = docent.current_organization() AND o.created_at < now() - make_interval(days => $1)
           AND o.status IN ('delivered', 'failed')
         LIMIT $2) old
 WHERE d.organization_id = docent.current_organization() AND d.id = old.id
