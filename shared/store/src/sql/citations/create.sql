INSERT INTO docent.citations (organization_id, id, message_id, chunk_id, curated_answer_id, file_id, document_id, marker,
                              quoted_span, score, document_title, document_key, page_number)
SELECT docent.current_organization(), r.id, $1, r.chunk_id, r.curated_answer_id, r.file_id, r.document_id, r.marker,
       r.quoted_span, r.score, r.document_title, r.document_key, r.page_number
  FROM jsonb_to_recordset($2) AS r (id uuid, chunk_id uuid, curated_answer_id uuid, file_id uuid, document_id uuid,
       marker integer, quoted_span text, score real, document_title text, document_key text, page_number integer)
 -- Of a conversation that was erased while it was answered, nothing is kept.
 WHERE EXISTS (SELECT FROM docent.messages m WHERE m.organization_id = docent.current_organization() AND m.id = $1)
