-- The session's row lock makes numbers gap-free and unique beside concurrent turns.
WITH numbered AS (
    UPDATE docent.sessions
       SET next_sequence = next_sequence + 1, message_count = message_count + 1, last_activity_at = now()
     WHERE organization_id = docent.current_organization() AND id = $2
       AND status IN ('active', 'expired', 'escalated')
    RETURNING next_sequence - 1 AS number
)
INSERT INTO docent.messages (organization_id, id, session_id, sequence_number, role, content, search_vector, metadata)
SELECT docent.current_organization(), $1, $2, number, 'agent', $3, docent.words_vector('und', $4),
       jsonb_build_object('author', $5::text, 'escalation_id', $6::uuid)
  FROM numbered
RETURNING sequence_number, created_at
