-- Marks of an answer whose sources can still be opened where it says.
SELECT c.marker FROM docent.citations c
 WHERE c.organization_id = docent.current_organization() AND c.message_id = $1
   -- Written with the message: its month and the next hold them.
   AND c.id >= $1
   AND docent.stands_as_cited(c.chunk_id, c.document_id)
