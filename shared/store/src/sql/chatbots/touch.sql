UPDATE docent.chatbots SET updated_at = now()
 WHERE organization_id = docent.current_organization() AND id = $1
