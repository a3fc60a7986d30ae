-- Without a recipe nothing is copied from it, and without a vector nothing is to be.
WITH marked AS (
    UPDATE docent.documents SET embeddings_removed_at = coalesce(embeddings_removed_at, now())
     WHERE organization_id = docent.current_organization() AND id = $1 AND processing_status = 'completed'
       AND (embeddings_removed_at IS NOT NULL OR coalesce(uploaded_at, processed_at, created_at) < $2)
    RETURNING id
), unsettled AS (
    UPDATE docent.document_versions v SET fingerprint = '', recipe = NULL
      FROM marked
     WHERE v.organization_id = docent.current_organization() AND v.document_id = marked.id AND v.state = 'active'
)
SELECT id FROM marked
