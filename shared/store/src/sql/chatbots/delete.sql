DELETE FROM docent.chatbots WHERE organization_id = docent.current_organization() AND id = $1
