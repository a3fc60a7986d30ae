-- The newest messages of a ticket's conversation, by reference: their words are read where sessions are.
WITH newest AS (
    SELECT m.id, m.sequence_number, m.role, m.confidence, m.abstained, m.created_at, m.sentiment, m.risk_flags
      FROM docent.messages m
     WHERE m.organization_id = docent.current_organization() AND m.session_id = $1 AND m.id >= $2
     ORDER BY m.sequence_number DESC
     LIMIT $3
)
SELECT n.id, n.sequence_number, n.role, n.confidence, n.abstained, n.created_at, n.sentiment, n.risk_flags,
       coalesce((SELECT jsonb_agg(jsonb_build_object('marker', c.marker, 'document_id', c.document_id, 'chunk_id', c.chunk_id,
                                   'curated_answer_id', c.curated_answer_id, 'document_title', c.document_title,
                                   'page_number', c.page_number) ORDER BY c.marker)
                   FROM docent.citations c
                  WHERE c.organization_id = docent.current_organization() AND c.message_id = n.id AND c.id >= n.id),
                '[]') AS citations
  FROM newest n
 ORDER BY n.sequence_number
