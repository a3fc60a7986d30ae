WITH numbered AS (
    -- The row's lock makes numbers gap-free and unique under concurrent turns.
    UPDATE docent.sessions
       SET next_sequence = next_sequence + 1, message_count = message_count + 1, last_activity_at = now(),
           status = CASE WHEN status = 'expired' THEN 'active' ELSE status END,
           title = coalesce(title, left($3, 80))
     WHERE organization_id = docent.current_organization() AND id = $2
    RETURNING next_sequence - 1 AS number
)
INSERT INTO docent.messages (organization_id, id, session_id, sequence_number, role, content, search_vector)
SELECT docent.current_organization(), $1, $2, number, 'user', $3, docent.words_vector('und', $4)
  FROM numbered
RETURNING sequence_number
