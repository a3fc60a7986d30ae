SELECT g.id, g.chatbot_id, g.question, g.expected_answer, g.expected_source, g.is_answerable, g.tags, g.created_by,
       g.created_at, g.updated_at
  FROM docent.gold_questions g
 WHERE g.organization_id = docent.current_organization() AND g.chatbot_id = $1
   AND ($2::uuid IS NULL OR g.id = $2)
   AND ($3::text IS NULL OR $3 = ANY (g.tags))
   AND ($4::uuid IS NULL OR g.id < $4)
 ORDER BY g.id DESC
 LIMIT $5
