-- Has it for itself for a while, unless another has.
UPDATE docent.data_subject_requests
   SET status = 'running', started_at = coalesce(started_at, now()), worked_until = now() + make_interval(secs => $2)
 WHERE organization_id = docent.current_organization() AND id = $1 AND status IN ('queued', 'running')
   AND (worked_until IS NULL OR worked_until < now())
