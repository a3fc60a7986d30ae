UPDATE docent.ingestion_jobs
   SET status = 'processing', started_at = coalesce(started_at, now()), done = done + $2,
       total = greatest(total, done + $2)
 WHERE organization_id = docent.current_organization() AND id = $1
