DELETE FROM docent.file_passages WHERE organization_id = docent.current_organization() AND file_id = $1
