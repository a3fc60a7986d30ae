SELECT count(*) AS known FROM docent.gold_questions
 WHERE organization_id = docent.current_organization() AND chatbot_id = $1
