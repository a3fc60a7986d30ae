-- Who was silent for as long as the organization says (24 hours, when it says nothing) has gone. A session with an open ticket stays.
UPDATE docent.sessions r
   SET status = 'expired', duration_seconds = extract(epoch FROM r.last_activity_at - r.started_at)::integer
 WHERE r.organization_id = docent.current_organization() AND r.status = 'active'
   AND r.id IN (SELECT s.id FROM docent.sessions s
                  JOIN docent.organizations o ON o.id = s.organization_id
                 WHERE s.organization_id = docent.current_organization() AND s.status = 'active'
                   AND s.last_activity_at < now() - make_interval(
                       hours => trunc(docent.number_of(o.settings, '{session_expiry_hours}', 1, 8760, 24))::integer)
                 LIMIT $1)
