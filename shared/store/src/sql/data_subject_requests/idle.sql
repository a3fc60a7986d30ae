SELECT id FROM docent.data_subject_requests
 WHERE organization_id = docent.current_organization() AND status IN ('queued', 'running')
   AND (worked_until IS NULL OR worked_until < now())
 ORDER BY id
