-- A question that is known is said anew; xmax tells which.
INSERT INTO docent.gold_questions (organization_id, id, chatbot_id, question, expected_answer, expected_source, is_answerable, tags,
                                   created_by)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (organization_id, chatbot_id, question) DO UPDATE
   SET expected_answer = excluded.expected_answer, expected_source = excluded.expected_source,
       is_answerable = excluded.is_answerable, tags = excluded.tags
RETURNING id, xmax = 0 AS is_new
