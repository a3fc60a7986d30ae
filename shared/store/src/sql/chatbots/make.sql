INSERT INTO docent.chatbots (organization_id, id, name, description, status, avatar_url, knowledge_base_filter)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6)
