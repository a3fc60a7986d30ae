INSERT INTO docent.gold_questions (organization_id, id, chatbot_id, question, expected_answer, expected_source, is_answerable, tags,
                                   created_by)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8)
