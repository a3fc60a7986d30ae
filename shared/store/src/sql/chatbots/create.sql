INSERT INTO docent.chatbots (organization_id, id, name, status)
VALUES (docent.current_organization(), $1, $2, 'active')
