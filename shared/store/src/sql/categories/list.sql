-- A chatbot's categories in their order, or one of them; examples are of one alone.
SELECT c.id, c.chatbot_id, c.name, c.description, c.position, c.created_at, c.updated_at,
       CASE WHEN $2::uuid IS NULL THEN '{}' ELSE c.examples END AS examples,
       CASE WHEN $2::uuid IS NULL THEN '[]' ELSE c.intents END AS intents,
       cardinality(c.examples) + (SELECT coalesce(sum(jsonb_array_length(i -> 'examples')), 0)
                                    FROM jsonb_array_elements(c.intents) i)::integer AS example_count
  FROM docent.categories c
 WHERE c.organization_id = docent.current_organization() AND c.chatbot_id = $1 AND ($2::uuid IS NULL OR c.id = $2)
 ORDER BY c.position, c.id
 LIMIT $3 OFFSET $4
