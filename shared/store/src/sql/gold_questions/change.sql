UPDATE docent.gold_questions
   SET question = $3, expected_answer = $4, expected_source = $5, is_answerable = $6, tags = $7
 WHERE organization_id = docent.current_organization() AND chatbot_id = $1 AND id = $2
