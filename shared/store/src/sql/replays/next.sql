-- The first question that a side has not answered yet.
SELECT q.place, q.kind, q.question, q.expected_answer, q.expected_source, q.is_answerable,
       b.place IS NULL AS wants_before, a.place IS NULL AS wants_after
  FROM docent.replay_questions q
  LEFT JOIN docent.replay_results b ON b.organization_id = q.organization_id AND b.replay_id = q.replay_id
       AND b.place = q.place AND b.side = 'before'
  LEFT JOIN docent.replay_results a ON a.organization_id = q.organization_id AND a.replay_id = q.replay_id
       AND a.place = q.place AND a.side = 'after'
 WHERE q.organization_id = docent.current_organization() AND q.replay_id = $1 AND (b.place IS NULL OR a.place IS NULL)
 ORDER BY q.place
 LIMIT 1
