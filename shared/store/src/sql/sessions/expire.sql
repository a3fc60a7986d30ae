-- Who was silent for as long as the organization says has gone. A session with an open ticket stays.
UPDATE docent.sessions r
   SET status = 'expired', duration_seconds = extract(epoch FROM r.last_activity_at - r.started_at)::integer
 WHERE r.organization_id = docent.current_organization() AND r.status = 'active'
   AND r.id IN (SELECT s.id FROM docent.sessions s
                 WHERE s.organization_id = docent.current_organization() AND s.status = 'active'
                   AND s.last_activity_at < now() - (SELECT docent.session_expiry())
                 LIMIT $1)
