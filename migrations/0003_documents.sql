-- What is known: collections of documents, their versions, and the chunks that answers are made from.

CREATE TABLE docent.collections (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    slug            text NOT NULL CHECK (slug ~ '^[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?$'),
    name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    description     text,
    -- In tokens. What a space's model reads at most is applied when a document is chunked.
    chunk_size      integer NOT NULL DEFAULT 512 CHECK (chunk_size BETWEEN 64 AND 2000),
    chunk_overlap   integer NOT NULL DEFAULT 0 CHECK (chunk_overlap >= 0 AND chunk_overlap <= chunk_size / 2),
    metadata_schema jsonb NOT NULL DEFAULT '{}',
    space_id        uuid NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, slug),
    UNIQUE (organization_id, name)
);
SELECT docent.wall('docent.collections');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.collections TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.collections
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

CREATE TABLE docent.documents (
    id                 uuid PRIMARY KEY,
    organization_id    uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    collection_id      uuid NOT NULL,
    product_id         uuid,
    title              text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 255),
    filename           text NOT NULL CHECK (char_length(filename) BETWEEN 1 AND 1024),
    s3_bucket          text NOT NULL,
    s3_key             text NOT NULL CHECK (octet_length(s3_key) <= 1024),
    source_url         text,
    uploaded_by        uuid,
    source_format      text,
    file_size          bigint NOT NULL DEFAULT 0 CHECK (file_size >= 0),
    mime_type          text NOT NULL DEFAULT 'application/octet-stream',
    document_type      text NOT NULL DEFAULT 'general' CHECK (document_type IN
        ('general', 'technical', 'regulatory', 'safety', 'marketing', 'certification')),
    language           text NOT NULL DEFAULT 'und' CHECK (char_length(language) <= 10),
    page_count         integer,
    processing_status  text NOT NULL DEFAULT 'uploaded'
        CHECK (processing_status IN ('uploaded', 'processing', 'completed', 'failed')),
    -- {"code": "...", "detail": "a sentence for a person"} while failed
    failure            jsonb,
    content_hash       text,
    ocr_confidence     real,
    active_version_id  uuid,
    -- Chunks of the active version, so that a search can choose its method without counting rows.
    chunk_count        integer NOT NULL DEFAULT 0,
    extracted_metadata jsonb NOT NULL DEFAULT '{}',
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    processed_at       timestamptz,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, s3_bucket, s3_key),
    FOREIGN KEY (organization_id, collection_id) REFERENCES docent.collections (organization_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (organization_id, uploaded_by) REFERENCES docent.users (organization_id, id)
        ON DELETE SET NULL (uploaded_by)
);
CREATE INDEX documents_collection ON docent.documents (organization_id, collection_id);
CREATE INDEX documents_status ON docent.documents (organization_id, processing_status);
CREATE INDEX documents_type ON docent.documents (organization_id, document_type);
CREATE INDEX documents_language ON docent.documents (organization_id, language);
CREATE INDEX documents_hash ON docent.documents (organization_id, content_hash);
CREATE INDEX documents_product ON docent.documents (organization_id, product_id);
SELECT docent.wall('docent.documents');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.documents TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.documents
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

CREATE TABLE docent.document_versions (
    id                uuid PRIMARY KEY,
    organization_id   uuid NOT NULL,
    document_id       uuid NOT NULL,
    etag              text NOT NULL,
    s3_version_id     text,
    file_size         bigint NOT NULL,
    content_hash      text,
    -- What was read with what: changing either is a reason to read again.
    extractor         text,
    segmenter         text,
    state             text NOT NULL DEFAULT 'building'
        CHECK (state IN ('building', 'active', 'superseded', 'failed')),
    reason            jsonb,
    manifest          jsonb NOT NULL DEFAULT '{}',
    chunk_size        integer,
    chunk_overlap     integer,
    ocr_confidence    real,
    processing_log    jsonb NOT NULL DEFAULT '[]',
    created_at        timestamptz NOT NULL DEFAULT now(),
    completed_at      timestamptz,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, document_id) REFERENCES docent.documents (organization_id, id)
        ON DELETE CASCADE
);
CREATE INDEX document_versions_document ON docent.document_versions (organization_id, document_id);
SELECT docent.wall('docent.document_versions');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.document_versions TO docent_app;

ALTER TABLE docent.documents ADD FOREIGN KEY (organization_id, active_version_id)
    REFERENCES docent.document_versions (organization_id, id) ON DELETE SET NULL (active_version_id);
-- A search comes from a version to its document: only the active one is read.
CREATE INDEX documents_active_version ON docent.documents (organization_id, active_version_id);

CREATE TABLE docent.chunks (
    id                  uuid PRIMARY KEY,
    organization_id     uuid NOT NULL,
    document_id         uuid NOT NULL,
    document_version_id uuid NOT NULL,
    chunk_index         integer NOT NULL CHECK (chunk_index >= 0),
    content             text NOT NULL CHECK (content <> ''),
    chunk_html          text,
    chunk_type          text NOT NULL DEFAULT 'general' CHECK (chunk_type IN
        ('general', 'product_level', 'formulation_level', 'ingredient_level')),
    section_title       text,
    headings            text[] NOT NULL DEFAULT '{}',
    page_number         integer CHECK (page_number > 0),
    -- Bytes of the extracted text, from inclusive, to exclusive.
    byte_from           bigint NOT NULL,
    byte_to             bigint NOT NULL CHECK (byte_to > byte_from),
    token_count         integer NOT NULL CHECK (token_count > 0),
    confidence_score    real CHECK (confidence_score BETWEEN 0 AND 1),
    metadata            jsonb NOT NULL DEFAULT '{}',
    language            text NOT NULL DEFAULT 'und',
    -- A plain column set with the content: words are segmented by the program, see 0009.
    search_vector       tsvector NOT NULL,
    word_count          integer NOT NULL,
    is_active           boolean NOT NULL DEFAULT true,
    created_at          timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, document_version_id, chunk_index),
    FOREIGN KEY (organization_id, document_version_id)
        REFERENCES docent.document_versions (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, document_id)
        REFERENCES docent.documents (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX chunks_document ON docent.chunks (organization_id, document_id);
CREATE INDEX chunks_search ON docent.chunks USING gin (search_vector) WITH (fastupdate = off);
CREATE INDEX chunks_disabled ON docent.chunks (organization_id) WHERE NOT is_active;
CREATE INDEX chunks_metadata ON docent.chunks USING gin (metadata jsonb_path_ops);
SELECT docent.wall('docent.chunks');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.chunks TO docent_app;
