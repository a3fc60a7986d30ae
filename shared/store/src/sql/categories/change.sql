UPDATE docent.categories
   SET name = $3, description = $4, examples = $5, intents = $6, position = $7
 WHERE organization_id = docent.current_organization() AND id = $1 AND chatbot_id = $2
