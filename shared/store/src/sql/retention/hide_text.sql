-- From this statement's commit on nobody finds it; what it leaves behind is cleared away after. What people wrote to its passages,
-- and answers that it brought, are of its text.
WITH hidden AS (
    UPDATE docent.documents
       SET text_removed_at = coalesce(text_removed_at, now()), embeddings_removed_at = coalesce(embeddings_removed_at, now()),
           active_version_id = NULL, chunk_count = 0
     WHERE organization_id = docent.current_organization() AND id = $1 AND processing_status = 'completed'
       AND (text_removed_at IS NOT NULL OR coalesce(uploaded_at, processed_at, created_at) < $2)
    RETURNING id
), superseded AS (
    UPDATE docent.document_versions v SET state = 'superseded', fingerprint = '', recipe = NULL
      FROM hidden
     WHERE v.organization_id = docent.current_organization() AND v.document_id = hidden.id AND v.state = 'active'
), words AS (
    DELETE FROM docent.chunk_overrides o USING hidden
     WHERE o.organization_id = docent.current_organization() AND o.document_id = hidden.id
), answers AS (
    DELETE FROM docent.curated_answers a USING hidden
     WHERE a.organization_id = docent.current_organization() AND a.document_id = hidden.id
)
SELECT id FROM hidden
