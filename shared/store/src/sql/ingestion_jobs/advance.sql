UPDATE docent.ingestion_jobs SET done = $2, total = $3
 WHERE organization_id = docent.current_organization() AND id = $1
