SELECT id FROM docent.ingestion_jobs
 WHERE organization_id = docent.current_organization() AND kind IN ('reembed', 'cleanup')
   AND status IN ('queued', 'processing') AND created_at <= now() - make_interval(secs => $1)
 ORDER BY created_at
