WITH settled AS (
    UPDATE docent.ingestion_jobs
       SET status = CASE kind WHEN 'cleanup' THEN 'cleanup_completed' ELSE 'completed' END,
           started_at = coalesce(started_at, now()), completed_at = now(), total = done
     WHERE organization_id = docent.current_organization() AND id = $1
    RETURNING kind, collection_id, space_id
), ready AS (
    UPDATE docent.collection_spaces m SET state = 'ready'
      FROM settled s
     WHERE s.kind = 'reembed' AND m.organization_id = docent.current_organization()
       AND m.collection_id = s.collection_id AND m.space_id = s.space_id
), cut_for AS (
    UPDATE docent.collections c SET space_id = s.space_id
      FROM settled s
     WHERE s.kind = 'reembed' AND c.organization_id = docent.current_organization() AND c.id = s.collection_id
)
DELETE FROM docent.collection_spaces m
 USING settled s
 WHERE s.kind = 'cleanup' AND m.organization_id = docent.current_organization()
   AND m.collection_id = s.collection_id AND m.space_id = s.space_id AND m.state = 'retired'
