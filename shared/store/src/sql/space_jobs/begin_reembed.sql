-- The space that new documents were cut for so far stays in use; the new one is built beside it.
WITH kept AS (
    INSERT INTO docent.collection_spaces (organization_id, collection_id, space_id, state)
    SELECT docent.current_organization(), c.id, c.space_id, 'ready'
      FROM docent.collections c
     WHERE c.organization_id = docent.current_organization() AND c.id = $2
    ON CONFLICT DO NOTHING
), wanted AS (
    INSERT INTO docent.collection_spaces (organization_id, collection_id, space_id, state)
    VALUES (docent.current_organization(), $2, $3, 'building')
    ON CONFLICT (organization_id, collection_id, space_id) DO UPDATE
       SET state = CASE WHEN docent.collection_spaces.state = 'ready' THEN 'ready' ELSE 'building' END
)
INSERT INTO docent.ingestion_jobs (organization_id, id, kind, collection_id, space_id, status, total)
SELECT docent.current_organization(), $1, 'reembed', $2, $3, 'queued',
       (SELECT coalesce(sum(d.chunk_count), 0) FROM docent.documents d
         WHERE d.organization_id = docent.current_organization() AND d.collection_id = $2
           AND d.embeddings_removed_at IS NULL)
