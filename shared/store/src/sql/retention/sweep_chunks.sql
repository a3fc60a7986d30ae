-- Passages of a text that has gone, with their vectors.
DELETE FROM docent.chunks c
 WHERE c.organization_id = docent.current_organization() AND c.document_id = $1
   AND c.id IN (SELECT o.id FROM docent.chunks o
                  JOIN docent.documents d ON d.organization_id = docent.current_organization() AND d.id = o.document_id
                 WHERE o.organization_id = docent.current_organization() AND o.document_id = $1
                   AND d.text_removed_at IS NOT NULL LIMIT $2)
