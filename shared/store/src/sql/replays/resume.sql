UPDATE docent.replays
   SET status = 'queued', error = NULL, worked_until = NULL, failures = 0, completed_at = NULL
 WHERE organization_id = docent.current_organization() AND id = $1 AND status IN ('paused', 'failed')
