SELECT c.id, c.name, c.status FROM docent.chatbots c
 WHERE c.organization_id = docent.current_organization() AND c.id = $1
