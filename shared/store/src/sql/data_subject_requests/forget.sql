UPDATE docent.data_subject_requests
   SET status = CASE WHEN status IN ('queued', 'running') THEN 'failed' ELSE status END,
       error = CASE WHEN status IN ('queued', 'running') THEN $2 ELSE error END,
       completed_at = coalesce(completed_at, now()), worked_until = NULL, export_removed_at = now(), user_id = NULL,
       session_id = NULL, email_hash = NULL, user_identifier_hash = NULL, external_client_hash = NULL
 WHERE organization_id = docent.current_organization() AND id = ANY ($1) AND export_removed_at IS NULL
