UPDATE docent.documents SET original_is_deleted = true
 WHERE organization_id = docent.current_organization() AND id = $1 AND original_removed_at IS NOT NULL
