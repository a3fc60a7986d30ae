-- Once: what is answered a second time changes nothing.
INSERT INTO docent.replay_results (organization_id, replay_id, place, side, answer, abstained, broken, confidence, citations,
                                   is_correct, overlap, citation_precision, latency_ms, prompt_tokens, completion_tokens, cost)
SELECT docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
       CASE WHEN $15::text IS NULL THEN 0
            ELSE docent.cost_of($15, $16, $13::integer::bigint, $14::integer::bigint, $17, $18) END
       + docent.cost_beside($19, $20)
ON CONFLICT (organization_id, replay_id, place, side) DO NOTHING
