SELECT id FROM docent.chatbots
 WHERE organization_id = docent.current_organization() AND name = $1
