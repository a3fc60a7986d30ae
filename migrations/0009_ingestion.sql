-- What ingestion keeps beyond documents and chunks: where a build stands, what people changed by hand, answers
-- that people wrote, pages of the web, and which spaces a collection is embedded in.

ALTER TABLE docent.document_versions
    -- Of the object's bytes and metadata as they were looked at: the same again is settled.
    ADD COLUMN fingerprint     text NOT NULL DEFAULT '',
    -- Of everything that decides chunks and vectors but the bytes: equal bytes and recipe are copied.
    ADD COLUMN recipe          text,
    ADD COLUMN copied_from     uuid,
    -- Who builds, and until when nobody else needs to ask.
    ADD COLUMN worker          uuid,
    ADD COLUMN lease_until     timestamptz,
    -- Chunks that stand, of how many (null: not read yet), in how many units of work.
    ADD COLUMN chunks_done     integer NOT NULL DEFAULT 0 CHECK (chunks_done >= 0),
    ADD COLUMN chunks_total    integer CHECK (chunks_total >= 0),
    ADD COLUMN units           integer NOT NULL DEFAULT 0 CHECK (units >= 0),
    -- Claims after which nobody was heard of again, one after the other.
    ADD COLUMN deaths          integer NOT NULL DEFAULT 0 CHECK (deaths >= 0),
    ADD COLUMN unread_pages    integer[] NOT NULL DEFAULT '{}',
    ADD COLUMN embedding_tokens bigint NOT NULL DEFAULT 0,
    ADD COLUMN embedding_cost  numeric(18, 9);
CREATE INDEX document_versions_hash ON docent.document_versions (organization_id, content_hash) WHERE state = 'active';
-- One version at a time is built, and one is active: what two functions begin at once, one of them begins.
CREATE UNIQUE INDEX document_versions_building ON docent.document_versions (organization_id, document_id) WHERE state = 'building';
CREATE UNIQUE INDEX document_versions_active ON docent.document_versions (organization_id, document_id) WHERE state = 'active';

ALTER TABLE docent.chunks
    -- Of the text as it was read: finds a person's correction again after the document was read anew.
    ADD COLUMN source_hash bytea,
    -- Written by a model at ingest where the collection asks for it: embedded and searched, never quoted.
    ADD COLUMN context     text;

ALTER TABLE docent.ingestion_jobs
    -- What a run that is not about one document found and did: counts by name.
    ADD COLUMN report   jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN space_id uuid REFERENCES docent.embedding_spaces (id),
    -- Where a run of several units left off.
    ADD COLUMN position text;

ALTER TABLE docent.collections
    -- [{"type": "ingredient_level", "heading": "ingredient", "text": "CAS"}]: the first that matches names a chunk's type.
    ADD COLUMN chunk_type_rules   jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN contextual_headers boolean NOT NULL DEFAULT false;

-- A person's word on one passage of one document. It holds while the passage's text is what it was.
CREATE TABLE docent.chunk_overrides (
    organization_id uuid NOT NULL,
    document_id     uuid NOT NULL,
    source_hash     bytea NOT NULL,
    is_active       boolean NOT NULL DEFAULT true,
    content         text CHECK (content <> ''),
    changed_by      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, document_id, source_hash),
    FOREIGN KEY (organization_id, document_id) REFERENCES docent.documents (organization_id, id) ON DELETE CASCADE
);
SELECT docent.wall('docent.chunk_overrides');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.chunk_overrides TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.chunk_overrides
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- Spaces that a collection's documents are embedded in. New documents go into every one that is not retired.
CREATE TABLE docent.collection_spaces (
    organization_id uuid NOT NULL,
    collection_id   uuid NOT NULL,
    space_id        uuid NOT NULL REFERENCES docent.embedding_spaces (id),
    state           text NOT NULL DEFAULT 'ready' CHECK (state IN ('building', 'ready', 'retired')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, collection_id, space_id),
    FOREIGN KEY (organization_id, collection_id) REFERENCES docent.collections (organization_id, id) ON DELETE CASCADE
);
SELECT docent.wall('docent.collection_spaces');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.collection_spaces TO docent_app;

-- A question that people answered themselves.
CREATE TABLE docent.curated_answers (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    -- Null: of every chatbot that reads the collection; both null: of all.
    chatbot_id      uuid,
    collection_id   uuid,
    -- The document that it was imported by, whose deletion takes it along.
    document_id     uuid,
    question        text NOT NULL CHECK (char_length(question) BETWEEN 1 AND 2000),
    answer          text NOT NULL CHECK (char_length(answer) BETWEEN 1 AND 10000),
    source_url      text,
    source          text NOT NULL DEFAULT 'import' CHECK (source IN ('import', 'api', 'correction')),
    language        text NOT NULL DEFAULT 'und' CHECK (char_length(language) <= 10),
    is_active       boolean NOT NULL DEFAULT true,
    search_vector   tsvector NOT NULL,
    created_by      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, collection_id) REFERENCES docent.collections (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, document_id) REFERENCES docent.documents (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX curated_answers_chatbot ON docent.curated_answers (organization_id, chatbot_id);
CREATE INDEX curated_answers_collection ON docent.curated_answers (organization_id, collection_id);
CREATE INDEX curated_answers_document ON docent.curated_answers (organization_id, document_id);
SELECT docent.wall('docent.curated_answers');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.curated_answers TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.curated_answers
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- Its question's vector, a space each. Few rows a tenant: compared one by one, no graph.
CREATE TABLE docent.curated_embeddings (
    organization_id   uuid NOT NULL,
    curated_answer_id uuid NOT NULL,
    space_id          uuid NOT NULL REFERENCES docent.embedding_spaces (id),
    vector            halfvec NOT NULL,
    PRIMARY KEY (organization_id, curated_answer_id, space_id),
    FOREIGN KEY (organization_id, curated_answer_id) REFERENCES docent.curated_answers (organization_id, id) ON DELETE CASCADE
);
ALTER TABLE docent.curated_embeddings ALTER COLUMN vector SET STORAGE PLAIN;
SELECT docent.wall('docent.curated_embeddings');
GRANT SELECT, INSERT, DELETE ON docent.curated_embeddings TO docent_app;

-- A page or a sitemap that a collection is kept in step with. What is fetched becomes an object of the bucket.
CREATE TABLE docent.web_sources (
    id               uuid PRIMARY KEY,
    organization_id  uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    collection_id    uuid NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('page', 'sitemap')),
    url              text NOT NULL CHECK (char_length(url) BETWEEN 8 AND 2048),
    -- Hours between two visits.
    every_hours      integer NOT NULL DEFAULT 24 CHECK (every_hours BETWEEN 1 AND 8760),
    status           text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'processing', 'completed', 'failed')),
    -- {"pages": 12, "changed": 3, "gone": 1, "refused": [{"url": "...", "reason": "..."}]} or {"reason": "..."}
    last_result      jsonb NOT NULL DEFAULT '{}',
    last_visited_at  timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, collection_id, url),
    FOREIGN KEY (organization_id, collection_id) REFERENCES docent.collections (organization_id, id) ON DELETE CASCADE
);
SELECT docent.wall('docent.web_sources');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.web_sources TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.web_sources
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- A page that was fetched, and the object that it became.
CREATE TABLE docent.web_pages (
    organization_id uuid NOT NULL,
    web_source_id   uuid NOT NULL,
    url             text NOT NULL CHECK (char_length(url) BETWEEN 8 AND 2048),
    s3_key          text NOT NULL CHECK (octet_length(s3_key) <= 1024),
    -- As the server gave them: asked with at the next visit (RFC 9110, conditional requests).
    etag            text,
    last_modified   text,
    content_hash    text,
    visited_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, web_source_id, url),
    FOREIGN KEY (organization_id, web_source_id) REFERENCES docent.web_sources (organization_id, id) ON DELETE CASCADE
);
SELECT docent.wall('docent.web_pages');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.web_pages TO docent_app;
