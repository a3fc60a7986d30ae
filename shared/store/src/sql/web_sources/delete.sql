DELETE FROM docent.web_sources
 WHERE organization_id = docent.current_organization() AND id = $1
