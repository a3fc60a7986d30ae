-- As a model names it: in place of what lay near examples, never of what people or an earlier reading said.
UPDATE docent.sessions s
   SET category = $2, intent = $3, metadata = s.metadata || '{"category_by": "model"}'
 WHERE s.organization_id = docent.current_organization() AND s.id = $1
   AND (s.category IS NULL OR s.metadata ->> 'category_by' = 'examples')
