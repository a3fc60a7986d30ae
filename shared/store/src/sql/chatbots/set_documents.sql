WITH gone AS (
    DELETE FROM docent.chatbot_documents
     WHERE organization_id = docent.current_organization() AND chatbot_id = $1 AND document_id <> ALL ($2)
)
INSERT INTO docent.chatbot_documents (organization_id, chatbot_id, document_id, assigned_by)
SELECT docent.current_organization(), $1, id, NULL FROM unnest($2) AS wanted (id)
ON CONFLICT DO NOTHING
