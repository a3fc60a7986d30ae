UPDATE docent.web_sources SET status = $2, last_result = $3
 WHERE organization_id = docent.current_organization() AND id = $1
