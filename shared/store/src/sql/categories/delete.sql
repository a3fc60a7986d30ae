DELETE FROM docent.categories WHERE organization_id = docent.current_organization() AND id = $1 AND chatbot_id = $2
