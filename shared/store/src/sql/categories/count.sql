SELECT count(*) AS categories FROM docent.categories c
 WHERE c.organization_id = docent.current_organization() AND c.chatbot_id = $1
