SELECT role, content FROM (
    SELECT m.role, m.content, m.sequence_number
      FROM docent.messages m
     WHERE m.organization_id = docent.current_organization() AND m.session_id = $1
       AND m.id >= docent.uuid_at((SELECT s.started_at FROM docent.sessions s
                                    WHERE s.organization_id = docent.current_organization() AND s.id = $1)
                                  - interval '1 minute')
       AND m.role IN ('user', 'assistant') AND NOT m.error
     ORDER BY m.sequence_number DESC
     LIMIT $2) newest
 ORDER BY sequence_number
