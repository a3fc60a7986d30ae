-- Of whom nothing is left, it is not kept who it was.
UPDATE docent.data_subject_requests
   SET status = CASE WHEN $3::text IS NULL THEN 'completed' ELSE 'failed' END, export_bytes = $2, error = $3,
       worked_until = NULL, completed_at = now(),
       user_id = CASE WHEN NOT $4 THEN user_id END, session_id = CASE WHEN NOT $4 THEN session_id END,
       email_hash = CASE WHEN NOT $4 THEN email_hash END,
       user_identifier_hash = CASE WHEN NOT $4 THEN user_identifier_hash END,
       external_client_hash = CASE WHEN NOT $4 THEN external_client_hash END
 WHERE organization_id = docent.current_organization() AND id = $1 AND status IN ('queued', 'running')
