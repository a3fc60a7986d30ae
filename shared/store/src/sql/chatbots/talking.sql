SELECT id, name, description, created_at FROM docent.chatbots
 WHERE organization_id = docent.current_organization() AND status IN ('active', 'testing')
   AND active_config_version_id IS NOT NULL
 ORDER BY id
 LIMIT 1000
