INSERT INTO docent.chatbots (organization_id, id, name, description, status, avatar_url, knowledge_base_filter,
                             daily_tokens, daily_cost)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8::text::numeric)
