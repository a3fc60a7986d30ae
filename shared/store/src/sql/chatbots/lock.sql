SELECT active_config_version_id FROM docent.chatbots
 WHERE organization_id = docent.current_organization() AND id = $1 FOR UPDATE
