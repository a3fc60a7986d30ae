-- Of which no message is left, and which no ticket needs any more: one that people still have to do with goes with nobody's
-- knowledge, and one that was opened since is of a day that may be counted anew. What goes because its time has passed stays counted.
DELETE FROM docent.sessions r
 WHERE r.organization_id = docent.current_organization()
   AND r.id IN (SELECT s.id FROM docent.sessions s
                 WHERE s.organization_id = docent.current_organization() AND s.started_at < $1 AND s.last_activity_at < $1
                   AND NOT EXISTS (SELECT FROM docent.messages m
                                    WHERE m.organization_id = docent.current_organization() AND m.session_id = s.id)
                   AND NOT EXISTS (SELECT FROM docent.escalations e
                                    WHERE e.organization_id = docent.current_organization() AND e.session_id = s.id
                                      AND (e.status IN ('open', 'assigned', 'in_progress') OR e.created_at >= $1))
                 LIMIT $2)
   AND (SELECT set_config('docent.sweeping', 'on', true)) = 'on'
