-- Before the object goes: what comes of its deletion finds it said.
UPDATE docent.documents SET original_removed_at = coalesce(original_removed_at, now())
 WHERE organization_id = docent.current_organization() AND id = $1 AND processing_status = 'completed'
   AND (original_removed_at IS NOT NULL OR coalesce(uploaded_at, processed_at, created_at) < $2)
RETURNING id
