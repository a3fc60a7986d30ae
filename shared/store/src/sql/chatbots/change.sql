UPDATE docent.chatbots
   SET name = $2, description = $3, status = $4, avatar_url = $5, knowledge_base_filter = $6,
       daily_tokens = $7, daily_cost = $8::text::numeric
 WHERE organization_id = docent.current_organization() AND id = $1
