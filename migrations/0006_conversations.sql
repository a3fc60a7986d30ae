-- What was said: sessions, and by month messages, citations, retrieval logs and events.

CREATE TABLE docent.sessions (
    id                          uuid PRIMARY KEY,
    organization_id             uuid NOT NULL,
    chatbot_id                  uuid NOT NULL,
    user_id                     uuid,
    user_identifier_ciphertext  bytea,
    user_identifier_hash        bytea,
    external_client_ciphertext  bytea,
    external_client_hash        bytea,
    platform                    text NOT NULL DEFAULT 'api' CHECK (platform IN
        ('web', 'widget', 'playground', 'line', 'slack', 'teams', 'api')),
    started_at                  timestamptz NOT NULL DEFAULT now(),
    ended_at                    timestamptz,
    last_activity_at            timestamptz NOT NULL DEFAULT now(),
    duration_seconds            integer,
    status                      text NOT NULL DEFAULT 'active' CHECK (status IN
        ('active', 'complete', 'incomplete', 'escalated', 'expired', 'terminated')),
    assigned_agent_id           uuid,
    category                    text,
    intent                      text,
    device_type                 text,
    location                    jsonb,
    nps_score                   integer CHECK (nps_score BETWEEN 0 AND 10),
    user_satisfaction_score     integer CHECK (user_satisfaction_score BETWEEN 1 AND 5),
    qoe_score                   numeric,
    confidence_score            numeric,
    avg_llm_latency_ms          numeric,
    -- What the two means above are over.
    answered_count              integer NOT NULL DEFAULT 0,
    title                       text,
    description                 text,
    tags                        text[] NOT NULL DEFAULT '{}',
    archived                    boolean NOT NULL DEFAULT false,
    is_shared                   boolean NOT NULL DEFAULT false,
    message_count               integer NOT NULL DEFAULT 0,
    -- The next message's number, taken under this row's lock: gap-free and unique under concurrent turns.
    next_sequence               integer NOT NULL DEFAULT 1,
    total_tokens                bigint NOT NULL DEFAULT 0,
    total_cost                  numeric(14, 6) NOT NULL DEFAULT 0,
    context                     jsonb NOT NULL DEFAULT '{}',
    metadata                    jsonb NOT NULL DEFAULT '{}',
    created_at                  timestamptz NOT NULL DEFAULT now(),
    updated_at                  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (organization_id, user_id) REFERENCES docent.users (organization_id, id)
        ON DELETE SET NULL (user_id),
    FOREIGN KEY (organization_id, assigned_agent_id) REFERENCES docent.users (organization_id, id)
        ON DELETE SET NULL (assigned_agent_id)
);
CREATE INDEX sessions_chatbot ON docent.sessions (organization_id, chatbot_id);
CREATE INDEX sessions_started_at ON docent.sessions (organization_id, started_at);
CREATE INDEX sessions_status ON docent.sessions (organization_id, status);
CREATE INDEX sessions_platform ON docent.sessions (organization_id, platform);
CREATE INDEX sessions_user ON docent.sessions (organization_id, user_id);
CREATE INDEX sessions_identifier ON docent.sessions (organization_id, user_identifier_hash);
SELECT docent.wall('docent.sessions');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.sessions TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.sessions
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

CREATE TABLE docent.messages (
    id                 uuid NOT NULL PRIMARY KEY,
    organization_id    uuid NOT NULL,
    session_id         uuid NOT NULL,
    sequence_number    integer NOT NULL CHECK (sequence_number > 0),
    role               text NOT NULL CHECK (role IN ('user', 'assistant', 'agent', 'system')),
    content            text NOT NULL CHECK (char_length(content) BETWEEN 1 AND 10000),
    content_type       text NOT NULL DEFAULT 'text'
        CHECK (content_type IN ('text', 'html', 'markdown', 'json')),
    prompt_tokens      integer,
    completion_tokens  integer,
    total_tokens       integer,
    cost               numeric(14, 6),
    provider_name      text,
    model              text,
    config_version_id  uuid,
    processing_time_ms integer,
    llm_response       jsonb,
    sentiment          jsonb,
    risk_flags         jsonb,
    confidence         real CHECK (confidence BETWEEN 0 AND 1),
    abstained          boolean NOT NULL DEFAULT false,
    error              boolean NOT NULL DEFAULT false,
    error_info         jsonb,
    is_edited          boolean NOT NULL DEFAULT false,
    original_content   text,
    edited_at          timestamptz,
    attachments        jsonb NOT NULL DEFAULT '[]',
    metadata           jsonb NOT NULL DEFAULT '{}',
    search_vector      tsvector,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (organization_id, session_id) REFERENCES docent.sessions (organization_id, id)
        ON DELETE CASCADE
) PARTITION BY RANGE (id);
CREATE INDEX messages_session ON docent.messages (organization_id, session_id, sequence_number);
CREATE INDEX messages_created ON docent.messages (organization_id, created_at);
CREATE INDEX messages_search ON docent.messages USING gin (search_vector);
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.messages TO docent_app;

CREATE TABLE docent.citations (
    id              uuid NOT NULL PRIMARY KEY,
    organization_id uuid NOT NULL,
    -- No foreign key into a table that drops by month: swept with the message.
    message_id      uuid NOT NULL,
    -- The chunk may be gone; title and page survive it.
    chunk_id        uuid NOT NULL,
    document_id     uuid NOT NULL,
    marker          integer NOT NULL CHECK (marker > 0),
    quoted_span     text NOT NULL,
    score           real NOT NULL CHECK (score BETWEEN 0 AND 1),
    document_title  text NOT NULL,
    document_key    text NOT NULL,
    page_number     integer,
    created_at      timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (id);
CREATE INDEX citations_message ON docent.citations (organization_id, message_id);
CREATE INDEX citations_chunk ON docent.citations (organization_id, chunk_id);
GRANT SELECT, INSERT, DELETE ON docent.citations TO docent_app;

CREATE TABLE docent.retrieval_logs (
    id                     uuid NOT NULL PRIMARY KEY,
    organization_id        uuid NOT NULL,
    chatbot_id             uuid,
    session_id             uuid,
    message_id             uuid,
    query                  text NOT NULL,
    rewritten_query        text,
    query_embedding        real[],
    space_id               uuid,
    retrieved_chunk_ids    uuid[] NOT NULL DEFAULT '{}',
    similarity_scores      double precision[] NOT NULL DEFAULT '{}',
    -- One entry a chunk: {"dense":, "lexical":, "fused":, "score":}
    scores                 jsonb NOT NULL DEFAULT '[]',
    retrieval_threshold    double precision NOT NULL,
    retrieval_k            integer NOT NULL,
    reranker_used          boolean NOT NULL DEFAULT false,
    reranker_model         text,
    reranked_chunk_ids     uuid[] NOT NULL DEFAULT '{}',
    timings                jsonb NOT NULL DEFAULT '{}',
    created_at             timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (id);
CREATE INDEX retrieval_logs_message ON docent.retrieval_logs (organization_id, message_id);
GRANT SELECT, INSERT, DELETE ON docent.retrieval_logs TO docent_app;

CREATE TABLE docent.events (
    id              uuid NOT NULL PRIMARY KEY,
    organization_id uuid NOT NULL,
    event_type      text NOT NULL,
    event_category  text NOT NULL CHECK (event_category IN
        ('system', 'user_action', 'error', 'performance', 'audit')),
    payload         jsonb NOT NULL DEFAULT '{}',
    session_id      uuid,
    user_id         uuid,
    resource_type   text,
    resource_id     uuid,
    ip_address      inet,
    user_agent      text,
    severity        text NOT NULL DEFAULT 'info'
        CHECK (severity IN ('debug', 'info', 'warning', 'error', 'critical')),
    status          text NOT NULL DEFAULT 'completed'
        CHECK (status IN ('pending', 'completed', 'failed')),
    created_at      timestamptz NOT NULL DEFAULT now()
) PARTITION BY RANGE (id);
CREATE INDEX events_created ON docent.events (organization_id, created_at);
CREATE INDEX events_type ON docent.events (organization_id, event_type);
CREATE INDEX events_resource ON docent.events (organization_id, resource_type, resource_id);
-- Append-only for the application.
GRANT SELECT, INSERT ON docent.events TO docent_app;

-- The smallest UUIDv7 of an instant (RFC 9562 section 5.7: the first 48 bits are Unix milliseconds).
CREATE FUNCTION docent.uuid_at(instant timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (lpad(to_hex((extract(epoch FROM instant) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

-- Makes the partitions of one month (UTC) for everything kept by month; repeatable.
CREATE FUNCTION docent.ensure_month(in_month date) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, docent, public, pg_temp AS $$
DECLARE
    first timestamptz := date_trunc('month', in_month::timestamp) AT TIME ZONE 'UTC';
    next  timestamptz := (date_trunc('month', in_month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
    parent text;
    child  text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('docent.ensure_month', 0));
    FOREACH parent IN ARRAY ARRAY['messages', 'citations', 'retrieval_logs', 'events'] LOOP
        child := parent || '_' || to_char(first AT TIME ZONE 'UTC', 'YYYY_MM');
        CONTINUE WHEN to_regclass('docent.' || child) IS NOT NULL;
        EXECUTE format('CREATE TABLE docent.%I PARTITION OF docent.%I FOR VALUES FROM (%L) TO (%L)',
            child, parent, uuid_at(first), uuid_at(next));
        PERFORM docent.wall(format('docent.%I', child)::regclass);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION docent.ensure_month(date) FROM PUBLIC;

DO $$
DECLARE
    parent text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['messages', 'citations', 'retrieval_logs', 'events'] LOOP
        PERFORM docent.wall(format('docent.%I', parent)::regclass);
        -- Nothing is refused for want of a month; an alarm watches that this stays empty.
        EXECUTE format('CREATE TABLE docent.%I PARTITION OF docent.%I DEFAULT', parent || '_default', parent);
        PERFORM docent.wall(format('docent.%I', parent || '_default')::regclass);
    END LOOP;
END
$$;
