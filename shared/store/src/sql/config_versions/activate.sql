WITH moved AS (
    UPDATE docent.chatbots SET active_config_version_id = $2
     WHERE organization_id = docent.current_organization() AND id = $1
    RETURNING id
)
INSERT INTO docent.config_activations (organization_id, id, chatbot_id, config_version_id, activated_by)
SELECT docent.current_organization(), $3, moved.id, $2, $4 FROM moved
