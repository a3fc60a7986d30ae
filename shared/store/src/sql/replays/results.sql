-- Questions with what both sides answered, in their order.
SELECT q.place, q.kind, q.question, q.expected_answer, q.expected_source, q.is_answerable, q.gold_question_id, q.message_id,
       s.side, s.answer, s.abstained, s.broken, s.confidence, s.citations, s.is_correct, s.overlap, s.citation_precision,
       s.latency_ms, s.prompt_tokens, s.completion_tokens, s.cost::text AS cost
  FROM (SELECT p.organization_id, p.replay_id, p.place, p.kind, p.question, p.expected_answer, p.expected_source,
               p.is_answerable, p.gold_question_id, p.message_id
          FROM docent.replay_questions p
         WHERE p.organization_id = docent.current_organization() AND p.replay_id = $1 AND p.place > $2
         ORDER BY p.place
         LIMIT $3) q
  LEFT JOIN docent.replay_results s ON s.organization_id = q.organization_id AND s.replay_id = q.replay_id AND s.place = q.place
 WHERE q.organization_id = docent.current_organization()
 ORDER BY q.place, s.side
