SELECT id FROM docent.ingestion_jobs
 WHERE organization_id = docent.current_organization() AND kind IN ('reembed', 'cleanup')
   AND status IN ('queued', 'processing')
 ORDER BY created_at
