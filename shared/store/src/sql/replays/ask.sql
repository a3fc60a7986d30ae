-- A replay's questions, in their order, in one statement.
INSERT INTO docent.replay_questions (organization_id, replay_id, place, kind, gold_question_id, message_id, question,
                                     expected_answer, expected_source, is_answerable)
SELECT docent.current_organization(), $1, q.place, q.kind, q.gold_question_id, q.message_id, q.question, q.expected_answer,
       q.expected_source, q.is_answerable
  FROM jsonb_to_recordset($2::jsonb) AS q (place integer, kind text, gold_question_id uuid, message_id uuid, question text,
                                           expected_answer text, expected_source text, is_answerable boolean)
