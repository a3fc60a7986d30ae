INSERT INTO docent.chatbot_collections (organization_id, chatbot_id, collection_id)
VALUES (docent.current_organization(), $1, $2)
ON CONFLICT DO NOTHING
