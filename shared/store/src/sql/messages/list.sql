SELECT m.id, m.sequence_number, m.role, m.content, m.confidence, m.abstained, m.error, m.created_at,
       m.cost::text AS cost, m.is_edited, m.original_content, m.language, m.sentiment, m.risk_flags,
       m.metadata -> 'redaction' AS redaction, m.metadata -> 'reading' AS reading,
       coalesce((SELECT jsonb_agg(to_jsonb(c) || jsonb_build_object(
                             'is_there', docent.stands_as_cited(c.chunk_id, c.document_id)) ORDER BY c.marker)
                   FROM docent.citations c
                  WHERE c.organization_id = docent.current_organization() AND c.message_id = m.id
                    -- Written with the message: its month and the next hold them, or nothing prunes.
                    AND c.id >= m.id), '[]') AS citations
  FROM docent.messages m
 -- A session's id is older than its messages: no partition before it is looked at.
 WHERE m.organization_id = docent.current_organization() AND m.session_id = $1 AND m.id >= $2
   AND m.sequence_number > $3
 ORDER BY m.sequence_number
 LIMIT $4
