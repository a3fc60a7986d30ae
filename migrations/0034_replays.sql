-- Questions of which it is known what should be answered, and replays: such questions and recent ones, answered by two versions
-- of a chatbot's settings, side by side. A replay's answers are nobody's conversation: no session, no message, no figure knows them.

CREATE TABLE docent.gold_questions (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    chatbot_id      uuid NOT NULL,
    question        text NOT NULL CHECK (char_length(question) BETWEEN 1 AND 2000),
    -- Stands in a right answer, or is nearly its words.
    expected_answer text CHECK (char_length(expected_answer) BETWEEN 1 AND 10000),
    -- What a right answer cites: a document's id, its key, or the last part of that.
    expected_source text CHECK (char_length(expected_source) BETWEEN 1 AND 1024),
    -- False: the documents do not say it, and a right answer is none.
    is_answerable   boolean NOT NULL DEFAULT true,
    tags            text[] NOT NULL DEFAULT '{}',
    created_by      text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, chatbot_id, question),
    CHECK (is_answerable = (num_nonnulls(expected_answer, expected_source) > 0)),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX gold_questions_chatbot ON docent.gold_questions (organization_id, chatbot_id, id);
SELECT docent.wall('docent.gold_questions');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.gold_questions TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.gold_questions
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

CREATE TABLE docent.replays (
    id                     uuid PRIMARY KEY,
    organization_id        uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    chatbot_id             uuid NOT NULL,
    -- Whose proposals are tried, and which; none: two versions are compared.
    admin_feedback_id      uuid,
    proposals              jsonb NOT NULL DEFAULT '[]',
    -- What answers, and what would. The second is a version like any other that does not answer yet.
    base_config_version_id uuid NOT NULL,
    config_version_id      uuid NOT NULL,
    status                 text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
    -- Questions.
    total                  integer NOT NULL CHECK (total > 0),
    summary                jsonb NOT NULL DEFAULT '{}',
    error                  text,
    -- Until when a unit of work has it for itself, and units in a row that broke off.
    worked_until           timestamptz,
    failures               integer NOT NULL DEFAULT 0,
    created_by             text NOT NULL,
    created_at             timestamptz NOT NULL DEFAULT now(),
    started_at             timestamptz,
    completed_at           timestamptz,
    updated_at             timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, admin_feedback_id) REFERENCES docent.admin_feedback (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, base_config_version_id) REFERENCES docent.config_versions (organization_id, id)
        ON DELETE CASCADE,
    FOREIGN KEY (organization_id, config_version_id) REFERENCES docent.config_versions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX replays_chatbot ON docent.replays (organization_id, chatbot_id, id);
CREATE INDEX replays_admin_feedback ON docent.replays (organization_id, admin_feedback_id, id);
CREATE INDEX replays_base_config_version ON docent.replays (organization_id, base_config_version_id);
CREATE INDEX replays_config_version ON docent.replays (organization_id, config_version_id);
SELECT docent.wall('docent.replays');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.replays TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.replays
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- What is asked: copied, so that both sides are asked the same to the end.
CREATE TABLE docent.replay_questions (
    organization_id  uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    replay_id        uuid NOT NULL,
    -- From 0.
    place            integer NOT NULL CHECK (place >= 0),
    kind             text NOT NULL CHECK (kind IN ('gold', 'recent')),
    -- The gold question that it is of, or the message in which somebody asked it, as that is kept.
    gold_question_id uuid,
    message_id       uuid,
    question         text NOT NULL,
    expected_answer  text,
    expected_source  text,
    is_answerable    boolean NOT NULL DEFAULT true,
    PRIMARY KEY (organization_id, replay_id, place),
    FOREIGN KEY (organization_id, replay_id) REFERENCES docent.replays (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX replay_questions_message ON docent.replay_questions (organization_id, message_id);
SELECT docent.wall('docent.replay_questions');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.replay_questions TO docent_app;

-- What each side answered. The key lets a unit that is delivered twice write once.
CREATE TABLE docent.replay_results (
    organization_id    uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    replay_id          uuid NOT NULL,
    place              integer NOT NULL,
    side               text NOT NULL CHECK (side IN ('before', 'after')),
    answer             text NOT NULL,
    abstained          boolean NOT NULL,
    -- Why it broke off, if it did.
    broken             text,
    confidence         real NOT NULL,
    -- [{"marker":, "document_id":, "title":, "key":, "page":, "quoted_span":, "score":, "is_right":}]
    citations          jsonb NOT NULL DEFAULT '[]',
    -- Null: nobody knows what would be right.
    is_correct         boolean,
    overlap            double precision,
    citation_precision double precision,
    latency_ms         integer NOT NULL,
    prompt_tokens      integer NOT NULL,
    completion_tokens  integer NOT NULL,
    -- US dollars; null: the model's price is not known.
    cost               numeric(18, 9),
    created_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, replay_id, place, side),
    FOREIGN KEY (organization_id, replay_id) REFERENCES docent.replays (organization_id, id) ON DELETE CASCADE
);
SELECT docent.wall('docent.replay_results');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.replay_results TO docent_app;
