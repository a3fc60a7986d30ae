UPDATE docent.ingestion_jobs
   SET status = CASE WHEN $2 IS NULL THEN 'completed' ELSE 'failed' END, error = $2, completed_at = now()
 WHERE organization_id = docent.current_organization() AND id = $1
