-- Of a question the last time it was answered, or of an answer: log and answer were written in one transaction, at one time.
WITH one AS (
    SELECT l.*
      FROM docent.messages a
      JOIN docent.messages q ON q.organization_id = docent.current_organization() AND q.session_id = a.session_id
                            AND q.role = 'user' AND q.id >= a.session_id
      JOIN docent.retrieval_logs l ON l.organization_id = docent.current_organization() AND l.message_id = q.id
                                  AND l.created_at = a.created_at
     WHERE a.organization_id = docent.current_organization() AND a.id = $1 AND a.role = 'assistant'
    UNION ALL
    SELECT l.* FROM docent.retrieval_logs l
     WHERE l.organization_id = docent.current_organization() AND l.message_id = $1
     ORDER BY id DESC
     LIMIT 1
), answer AS (
    SELECT m.id FROM docent.messages m JOIN one ON m.session_id = one.session_id AND m.created_at = one.created_at
     WHERE m.organization_id = docent.current_organization() AND m.role = 'assistant' AND m.id >= one.message_id
     LIMIT 1
)
SELECT one.message_id, (SELECT id FROM answer) AS answer_id, one.query, one.rewritten_query, one.rewritten_by, s.model_id AS embedding_model,
       s.dimension AS embedding_dimension, one.query_embedding IS NOT NULL AS has_vector, one.retrieval_threshold,
       one.retrieval_k, one.reranker_model, one.transcript, nullif(one.evidence, '{}') AS evidence, one.timings, one.created_at,
       coalesce((
        SELECT jsonb_agg(one.scores -> (r.place::integer - 1) || jsonb_build_object(
                   'chunk_id', r.chunk_id, 'document_id', c.document_id, 'document_title', coalesce(d.title, f.filename),
                   'file_id', f.id, 'page_number', coalesce(c.page_number, p.page_number),
                   'headings', to_jsonb(coalesce(c.headings, p.headings)), 'content', coalesce(c.content, p.content),
                   'markers', (SELECT coalesce(jsonb_agg(x.marker ORDER BY x.marker), '[]') FROM docent.citations x
                                WHERE x.organization_id = docent.current_organization()
                                  AND x.message_id = (SELECT id FROM answer) AND (x.chunk_id = r.chunk_id
                                       -- A citation names the file: its words tell in which passage they stand.
                                       OR x.file_id = f.id AND position(x.quoted_span IN p.content) > 0))) ORDER BY r.place)
          FROM unnest(one.retrieved_chunk_ids) WITH ORDINALITY AS r (chunk_id, place)
          LEFT JOIN docent.chunks c ON c.organization_id = docent.current_organization() AND c.id = r.chunk_id
          LEFT JOIN docent.documents d ON d.organization_id = docent.current_organization() AND d.id = c.document_id
          LEFT JOIN docent.file_passages p ON p.organization_id = docent.current_organization() AND p.id = r.chunk_id
          LEFT JOIN docent.files f ON f.organization_id = docent.current_organization() AND f.id = p.file_id
       ), '[]') AS passages
  FROM one
  LEFT JOIN docent.embedding_spaces s ON s.id = one.space_id
