WITH gone AS (
    DELETE FROM docent.chatbot_collections
     WHERE organization_id = docent.current_organization() AND chatbot_id = $1 AND collection_id <> ALL ($2)
)
INSERT INTO docent.chatbot_collections (organization_id, chatbot_id, collection_id, assigned_by)
SELECT docent.current_organization(), $1, id, NULL FROM unnest($2) AS wanted (id)
ON CONFLICT DO NOTHING
