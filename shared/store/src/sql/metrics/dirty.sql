-- Days that were written to since they were counted, newest first. A young mark waits: a busy day is not counted anew for
-- each message.
SELECT d.day FROM docent.metric_days d
 WHERE d.organization_id = docent.current_organization()
   AND ($1::date IS NULL OR d.day >= $1) AND ($2::date IS NULL OR d.day <= $2)
 GROUP BY d.day
HAVING min(d.dirty_since) <= now() - make_interval(secs => $3)
 ORDER BY d.day DESC
 LIMIT $4
