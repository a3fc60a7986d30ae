-- Vectors compare only inside one embedding space. LIST by space, then HASH by organization: one tenant's
-- search walks one small graph, neither starved nor timed by its neighbours.

CREATE TABLE docent.embedding_spaces (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id  uuid REFERENCES docent.organizations (id) ON DELETE CASCADE,
    model_id         text NOT NULL CHECK (char_length(model_id) BETWEEN 1 AND 256),
    version          text NOT NULL DEFAULT '1',
    dimension        integer NOT NULL CHECK (dimension BETWEEN 1 AND 4000),
    -- {"form": "titan" | "cohere", "max_tokens": 8192, "max_characters": 50000, "batch": 1}
    input_conventions jsonb NOT NULL DEFAULT '{}',
    index_kind       text NOT NULL DEFAULT 'hnsw' CHECK (index_kind IN ('hnsw', 'ivfflat')),
    tokenizer        text,
    -- ISO 639-1 codes that the model reads; empty means all.
    languages        text[] NOT NULL DEFAULT '{}',
    is_active        boolean NOT NULL DEFAULT true,
    created_at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (organization_id, model_id, version, dimension)
);
ALTER TABLE docent.embedding_spaces ENABLE ROW LEVEL SECURITY;
ALTER TABLE docent.embedding_spaces FORCE ROW LEVEL SECURITY;
-- Global rows (organization null) are everybody's to read and nobody's to write.
CREATE POLICY tenant ON docent.embedding_spaces FOR SELECT TO docent_app
    USING (organization_id IS NULL OR organization_id = docent.current_organization());
CREATE POLICY operator ON docent.embedding_spaces TO CURRENT_USER USING (true) WITH CHECK (true);
GRANT SELECT ON docent.embedding_spaces TO docent_app;

ALTER TABLE docent.collections ADD FOREIGN KEY (space_id) REFERENCES docent.embedding_spaces (id);

CREATE TABLE docent.embeddings (
    organization_id     uuid NOT NULL,
    space_id            uuid NOT NULL,
    chunk_id            uuid NOT NULL,
    document_version_id uuid NOT NULL,
    -- Un-dimensioned: the dimension belongs to the space's partition, by a CHECK there.
    vector              halfvec NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    -- The chunk first: a chunk's deletion looks for it in every space.
    PRIMARY KEY (organization_id, chunk_id, space_id),
    FOREIGN KEY (organization_id, chunk_id) REFERENCES docent.chunks (organization_id, id) ON DELETE CASCADE
) PARTITION BY LIST (space_id);
-- Never out of line: an exact scan reads every vector of a tenant.
ALTER TABLE docent.embeddings ALTER COLUMN vector SET STORAGE PLAIN;
CREATE INDEX embeddings_version ON docent.embeddings (organization_id, document_version_id);
SELECT docent.wall('docent.embeddings');
GRANT SELECT, INSERT, DELETE ON docent.embeddings TO docent_app;

-- Makes a space and its partitions, or returns the one that exists. Owner's function: DDL at run time
-- happens here and in ensure_month only.
CREATE FUNCTION docent.ensure_space(
    wanted_model text, wanted_version text, wanted_dimension integer,
    conventions jsonb, reads_languages text[]
) RETURNS uuid
LANGUAGE plpgsql SET search_path = pg_catalog, docent, public, pg_temp AS $$
DECLARE
    partitions CONSTANT integer := 16;
    space   uuid;
    short   text;
    leaf    text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('docent.ensure_space', 0));
    SELECT id INTO space FROM embedding_spaces
    WHERE organization_id IS NULL AND model_id = wanted_model AND version = wanted_version
      AND dimension = wanted_dimension;
    IF FOUND THEN
        UPDATE embedding_spaces SET input_conventions = conventions, languages = reads_languages
        WHERE id = space AND (input_conventions, languages) IS DISTINCT FROM (conventions, reads_languages);
        RETURN space;
    END IF;
    INSERT INTO embedding_spaces (model_id, version, dimension, input_conventions, languages)
    VALUES (wanted_model, wanted_version, wanted_dimension, conventions, reads_languages)
    RETURNING id INTO space;

    short := 'embeddings_' || left(replace(space::text, '-', ''), 12);
    EXECUTE format(
        'CREATE TABLE docent.%I PARTITION OF docent.embeddings (CHECK (vector_dims(vector) = %s)) '
        'FOR VALUES IN (%L) PARTITION BY HASH (organization_id)', short, wanted_dimension, space);
    PERFORM docent.wall(format('docent.%I', short)::regclass);
    FOR remainder IN 0 .. partitions - 1 LOOP
        leaf := short || '_' || remainder;
        EXECUTE format(
            'CREATE TABLE docent.%I PARTITION OF docent.%I FOR VALUES WITH (MODULUS %s, REMAINDER %s)',
            leaf, short, partitions, remainder);
        EXECUTE format('ALTER TABLE docent.%I ALTER COLUMN vector SET STORAGE PLAIN', leaf);
        PERFORM docent.wall(format('docent.%I', leaf)::regclass);
    END LOOP;
    EXECUTE format(
        'CREATE INDEX ON docent.%I USING hnsw ((vector::halfvec(%s)) halfvec_cosine_ops) '
        'WITH (m = 16, ef_construction = 64)', short, wanted_dimension);
    -- A policy does not travel to partitions: the search's role needs its own on each.
    PERFORM docent.open_to_search(c.oid::regclass)
    FROM pg_partition_tree(format('docent.%I', short)::regclass) t
    JOIN pg_class c ON c.oid = t.relid;
    RETURN space;
END
$$;
REVOKE ALL ON FUNCTION docent.ensure_space(text, text, integer, jsonb, text[]) FROM PUBLIC;

-- Lets the search's role read a table past the tenants' policy; see 0009 for the wall that replaces it.
CREATE FUNCTION docent.open_to_search(target regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE POLICY search ON %s FOR SELECT TO docent_search USING (true)', target);
END
$$;
REVOKE ALL ON FUNCTION docent.open_to_search(regclass) FROM PUBLIC;

CREATE TABLE docent.ingestion_jobs (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    kind            text NOT NULL CHECK (kind IN ('ingest', 'reembed', 'cleanup', 'reconcile')),
    chatbot_id      uuid,
    collection_id   uuid,
    document_id     uuid,
    status          text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'cleanup_completed')),
    done            integer NOT NULL DEFAULT 0 CHECK (done >= 0),
    total           integer CHECK (total >= 0),
    error           jsonb,
    created_at      timestamptz NOT NULL DEFAULT now(),
    started_at      timestamptz,
    completed_at    timestamptz,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, document_id) REFERENCES docent.documents (organization_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (organization_id, collection_id) REFERENCES docent.collections (organization_id, id)
        ON DELETE CASCADE
);
CREATE INDEX ingestion_jobs_document ON docent.ingestion_jobs (organization_id, document_id);
CREATE INDEX ingestion_jobs_status ON docent.ingestion_jobs (organization_id, status);
SELECT docent.wall('docent.ingestion_jobs');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.ingestion_jobs TO docent_app;
