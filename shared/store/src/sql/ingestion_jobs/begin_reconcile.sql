INSERT INTO docent.ingestion_jobs (organization_id, id, kind, status, started_at)
VALUES (docent.current_organization(), $1, 'reconcile', 'processing', now())
