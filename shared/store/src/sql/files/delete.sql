DELETE FROM docent.files WHERE organization_id = docent.current_organization() AND session_id = $1 AND id = $2
