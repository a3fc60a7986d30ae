UPDATE docent.replays
   SET status = CASE WHEN $3::text IS NULL THEN 'completed' ELSE 'failed' END, summary = $2, error = $3, worked_until = NULL,
       completed_at = now()
 WHERE organization_id = docent.current_organization() AND id = $1 AND status IN ('queued', 'running')
