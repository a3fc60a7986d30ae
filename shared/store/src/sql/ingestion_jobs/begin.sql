INSERT INTO docent.ingestion_jobs (organization_id, id, kind, document_id, status, started_at)
VALUES (docent.current_organization(), $1, 'ingest', $2, 'processing', now())
