SELECT role, content FROM (
    SELECT m.role, m.content, m.sequence_number
      FROM docent.messages m
     -- A session's id is older than its messages: no partition before it is looked at.
     WHERE m.organization_id = docent.current_organization() AND m.session_id = $1 AND m.id >= $2
       AND m.role IN ('user', 'assistant') AND NOT m.error
       AND ($4::uuid IS NULL OR m.sequence_number < (
            SELECT e.sequence_number FROM docent.messages e
             WHERE e.organization_id = docent.current_organization() AND e.id = $4 AND e.session_id = $1))
     ORDER BY m.sequence_number DESC
     LIMIT $3) newest
 ORDER BY sequence_number
