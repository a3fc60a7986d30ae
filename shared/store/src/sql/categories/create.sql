INSERT INTO docent.categories (organization_id, id, chatbot_id, name, description, examples, intents, position)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7)
