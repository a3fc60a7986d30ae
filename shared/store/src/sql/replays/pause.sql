-- It goes on where it stands; what it has answered stays.
UPDATE docent.replays
   SET status = 'paused', error = $2, worked_until = NULL, failures = 0
 WHERE organization_id = docent.current_organization() AND id = $1 AND status = 'running'
