UPDATE docent.aggregate_wakes SET follows_at = NULL WHERE organization_id = docent.current_organization()
