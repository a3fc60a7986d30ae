-- The categories that a model may name, in their order, with the names of their intents.
SELECT c.name, c.description, coalesce((SELECT array_agg(i.intent ->> 'name' ORDER BY i.place)
                                          FROM jsonb_array_elements(c.intents) WITH ORDINALITY AS i (intent, place)), '{}') AS intents
  FROM docent.categories c
 WHERE c.organization_id = docent.current_organization() AND c.chatbot_id = $1
 ORDER BY c.position, c.id
 LIMIT $2
