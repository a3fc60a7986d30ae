SELECT m.id, m.sequence_number, m.role, m.content, m.confidence, m.abstained, m.error, m.created_at,
       coalesce((SELECT jsonb_agg(to_jsonb(c) ORDER BY c.marker) FROM docent.citations c
                  WHERE c.organization_id = docent.current_organization() AND c.message_id = m.id
                    -- Written with the message: its month and the next hold them, or nothing prunes.
                    AND c.id >= m.id), '[]') AS citations
  FROM docent.messages m
 WHERE m.organization_id = docent.current_organization() AND m.session_id = $1
   -- No message is older than its session: ids are ordered by time.
   AND m.id >= docent.uuid_at((SELECT s.started_at FROM docent.sessions s
                                WHERE s.organization_id = docent.current_organization() AND s.id = $1)
                              - interval '1 minute')
   AND m.sequence_number > $2
 ORDER BY m.sequence_number
 LIMIT $3
