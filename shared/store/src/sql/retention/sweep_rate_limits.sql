-- A bucket is full again after a minute: without its row it is as good as full.
DELETE FROM docent.rate_limits r
 WHERE r.organization_id = docent.current_organization()
   AND r.subject_id IN (SELECT o.subject_id FROM docent.rate_limits o
                         WHERE o.organization_id = docent.current_organization()
                           AND o.refilled_at < now() - make_interval(mins => $1)
                         LIMIT $2 FOR UPDATE SKIP LOCKED)
