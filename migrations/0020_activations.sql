-- Which config version a chatbot had when: what rolling back goes back to.

CREATE TABLE docent.config_activations (
    id                uuid PRIMARY KEY,
    organization_id   uuid NOT NULL,
    chatbot_id        uuid NOT NULL,
    config_version_id uuid NOT NULL,
    -- Key or person.
    activated_by      text,
    created_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, config_version_id) REFERENCES docent.config_versions (organization_id, id)
        ON DELETE CASCADE
);
CREATE INDEX config_activations_chatbot ON docent.config_activations (organization_id, chatbot_id, id);
SELECT docent.wall('docent.config_activations');
GRANT SELECT, INSERT, DELETE ON docent.config_activations TO docent_app;
INSERT INTO docent.config_activations (id, organization_id, chatbot_id, config_version_id)
SELECT gen_random_uuid(), organization_id, id, active_config_version_id
  FROM docent.chatbots WHERE active_config_version_id IS NOT NULL;
