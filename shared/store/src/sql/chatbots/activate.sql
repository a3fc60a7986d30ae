UPDATE docent.chatbots SET active_config_version_id = $2
 WHERE organization_id = docent.current_organization() AND id = $1
