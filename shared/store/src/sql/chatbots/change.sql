UPDATE docent.chatbots
   SET name = $2, description = $3, status = $4, avatar_url = $5, knowledge_base_filter = $6
 WHERE organization_id = docent.current_organization() AND id = $1
