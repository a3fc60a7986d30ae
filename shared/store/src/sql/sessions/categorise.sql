-- The first question of a conversation that is known names it; what people said it is about stays.
UPDATE docent.sessions SET category = $2, intent = coalesce(intent, $3), metadata = metadata || '{"category_by": "examples"}'
 WHERE organization_id = docent.current_organization() AND id = $1 AND category IS NULL
