UPDATE docent.data_subject_requests
   SET export_removed_at = now(), user_id = NULL, session_id = NULL, email_hash = NULL, user_identifier_hash = NULL,
       external_client_hash = NULL
 WHERE organization_id = docent.current_organization() AND kind = 'export' AND export_removed_at IS NULL
   AND status IN ('completed', 'failed') AND completed_at <= now() - make_interval(days => $1)
