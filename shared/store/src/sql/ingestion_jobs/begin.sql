-- The run that is queued or under way, or a new one.
WITH open AS (
    SELECT id FROM docent.ingestion_jobs
     WHERE organization_id = docent.current_organization() AND document_id = $2 AND kind = 'ingest'
       AND status IN ('queued', 'processing')
     ORDER BY created_at DESC LIMIT 1
), resumed AS (
    UPDATE docent.ingestion_jobs j
       SET status = 'processing', started_at = coalesce(j.started_at, now())
      FROM open
     WHERE j.organization_id = docent.current_organization() AND j.id = open.id
    RETURNING j.id
), begun AS (
    INSERT INTO docent.ingestion_jobs (organization_id, id, kind, document_id, status, started_at)
    SELECT docent.current_organization(), $1, 'ingest', $2, 'processing', now()
     WHERE NOT EXISTS (SELECT FROM open)
    RETURNING id
)
SELECT id FROM resumed UNION ALL SELECT id FROM begun
