-- What an end user talks to, and its settings as immutable versions.

CREATE TABLE docent.chatbots (
    id                       uuid PRIMARY KEY,
    organization_id          uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    name                     text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    description              text,
    status                   text NOT NULL DEFAULT 'draft'
        CHECK (status IN ('draft', 'active', 'inactive', 'testing', 'maintenance')),
    avatar_url               text,
    active_config_version_id uuid,
    -- {"product_ids": [], "categories": [], "document_types": [], "languages": []}
    knowledge_base_filter    jsonb NOT NULL DEFAULT '{}',
    integration_settings     jsonb NOT NULL DEFAULT '{}',
    performance_metrics      jsonb NOT NULL DEFAULT '{}',
    last_active_at           timestamptz,
    created_by               uuid,
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, name),
    FOREIGN KEY (organization_id, created_by) REFERENCES docent.users (organization_id, id)
        ON DELETE SET NULL (created_by)
);
CREATE INDEX chatbots_status ON docent.chatbots (organization_id, status);
SELECT docent.wall('docent.chatbots');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.chatbots TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.chatbots
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

CREATE TABLE docent.config_versions (
    id                   uuid PRIMARY KEY,
    organization_id      uuid NOT NULL,
    chatbot_id           uuid NOT NULL,
    number               integer NOT NULL CHECK (number > 0),
    llm_provider         text NOT NULL DEFAULT 'bedrock',
    llm_model            text NOT NULL,
    system_prompt        text NOT NULL,
    prompt_version_id    uuid,
    -- {"temperature": 0.0, "max_tokens": 1024}
    model_config         jsonb NOT NULL DEFAULT '{}',
    rag_enabled          boolean NOT NULL DEFAULT true,
    embedding_model      uuid NOT NULL REFERENCES docent.embedding_spaces (id),
    reranker_model       text,
    retrieval_k          integer NOT NULL DEFAULT 5 CHECK (retrieval_k BETWEEN 1 AND 100),
    score_threshold      real NOT NULL DEFAULT 0 CHECK (score_threshold BETWEEN 0 AND 1),
    confidence_threshold real NOT NULL DEFAULT 0.3 CHECK (confidence_threshold BETWEEN 0 AND 1),
    context_window       integer NOT NULL DEFAULT 4000 CHECK (context_window > 0),
    chunk_size           integer,
    chunk_overlap        integer,
    welcome_message      text,
    fallback_message     text NOT NULL,
    created_by           uuid,
    why                  text,
    created_at           timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, chatbot_id, number),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (organization_id, created_by) REFERENCES docent.users (organization_id, id)
        ON DELETE SET NULL (created_by)
);
SELECT docent.wall('docent.config_versions');
-- No UPDATE: a version is immutable, a change is a new one.
GRANT SELECT, INSERT, DELETE ON docent.config_versions TO docent_app;

ALTER TABLE docent.chatbots ADD FOREIGN KEY (organization_id, active_config_version_id)
    REFERENCES docent.config_versions (organization_id, id) ON DELETE SET NULL (active_config_version_id);

CREATE TABLE docent.chatbot_documents (
    organization_id uuid NOT NULL,
    chatbot_id      uuid NOT NULL,
    document_id     uuid NOT NULL,
    assigned_at     timestamptz NOT NULL DEFAULT now(),
    assigned_by     uuid,
    PRIMARY KEY (organization_id, chatbot_id, document_id),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (organization_id, document_id) REFERENCES docent.documents (organization_id, id)
        ON DELETE CASCADE
);
CREATE INDEX chatbot_documents_document ON docent.chatbot_documents (organization_id, document_id);
SELECT docent.wall('docent.chatbot_documents');
GRANT SELECT, INSERT, DELETE ON docent.chatbot_documents TO docent_app;

CREATE TABLE docent.chatbot_collections (
    organization_id uuid NOT NULL,
    chatbot_id      uuid NOT NULL,
    collection_id   uuid NOT NULL,
    assigned_at     timestamptz NOT NULL DEFAULT now(),
    assigned_by     uuid,
    PRIMARY KEY (organization_id, chatbot_id, collection_id),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (organization_id, collection_id) REFERENCES docent.collections (organization_id, id)
        ON DELETE CASCADE
);
CREATE INDEX chatbot_collections_collection ON docent.chatbot_collections (organization_id, collection_id);
SELECT docent.wall('docent.chatbot_collections');
GRANT SELECT, INSERT, DELETE ON docent.chatbot_collections TO docent_app;
