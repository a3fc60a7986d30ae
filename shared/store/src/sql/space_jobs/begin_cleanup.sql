WITH retired AS (
    UPDATE docent.collection_spaces SET state = 'retired'
     WHERE organization_id = docent.current_organization() AND collection_id = $2 AND space_id = $3
)
INSERT INTO docent.ingestion_jobs (organization_id, id, kind, collection_id, space_id, status)
VALUES (docent.current_organization(), $1, 'cleanup', $2, $3, 'queued')
