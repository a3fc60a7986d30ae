SELECT c.id, c.name, c.description, c.status, c.avatar_url, c.active_config_version_id, c.knowledge_base_filter,
       c.daily_tokens, trim_scale(c.daily_cost)::text AS daily_cost, c.last_active_at, c.created_at, c.updated_at,
       (SELECT count(*) FROM docent.config_versions v
         WHERE v.organization_id = docent.current_organization() AND v.chatbot_id = c.id) AS versions
  FROM docent.chatbots c
 WHERE c.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR c.id = $1)
   AND ($2::text IS NULL OR c.status = $2)
   AND ($3::uuid IS NULL OR c.id < $3)
 ORDER BY c.id DESC
 LIMIT $4
