SELECT count(*) AS open FROM docent.data_subject_requests
 WHERE organization_id = docent.current_organization() AND status IN ('queued', 'running')
