UPDATE docent.data_subject_requests SET report = $2
 WHERE organization_id = docent.current_organization() AND id = $1
