SELECT id FROM docent.data_subject_requests
 WHERE organization_id = docent.current_organization() AND kind = 'export' AND export_removed_at IS NULL
   AND status IN ('running', 'completed')
