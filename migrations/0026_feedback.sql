-- What people say of answers and conversations, what reviewers make of it, and tickets for people.
-- Messages drop by month, so nothing here points at them: what is kept of a message names it, and goes with its session.

-- Thumbs on one answer: one of each caller, which it may change.
CREATE TABLE docent.message_feedback (
    id                uuid PRIMARY KEY,
    organization_id   uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    message_id        uuid NOT NULL,
    session_id        uuid NOT NULL,
    chatbot_id        uuid NOT NULL,
    caller_kind       text NOT NULL CHECK (caller_kind IN ('key', 'user', 'session')),
    caller_id         uuid NOT NULL,
    rating            text NOT NULL CHECK (rating IN ('positive', 'negative')),
    reason            text CHECK (char_length(reason) BETWEEN 1 AND 1000),
    -- What should have been answered.
    correction        text CHECK (char_length(correction) BETWEEN 1 AND 10000),
    -- What became of the correction.
    curated_answer_id uuid,
    accepted_by       text,
    accepted_at       timestamptz,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, message_id, caller_kind, caller_id),
    CHECK (rating = 'negative' OR correction IS NULL),
    FOREIGN KEY (organization_id, session_id) REFERENCES docent.sessions (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, curated_answer_id) REFERENCES docent.curated_answers (organization_id, id)
        ON DELETE SET NULL (curated_answer_id)
);
CREATE INDEX message_feedback_session ON docent.message_feedback (organization_id, session_id);
CREATE INDEX message_feedback_chatbot ON docent.message_feedback (organization_id, chatbot_id, created_at);
CREATE INDEX message_feedback_curated ON docent.message_feedback (organization_id, curated_answer_id);
SELECT docent.wall('docent.message_feedback');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.message_feedback TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.message_feedback
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- What a conversation was worth: one of each caller, which it may change.
CREATE TABLE docent.session_feedback (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    session_id      uuid NOT NULL,
    chatbot_id      uuid NOT NULL,
    caller_kind     text NOT NULL CHECK (caller_kind IN ('key', 'user', 'session')),
    caller_id       uuid NOT NULL,
    nps_score       integer CHECK (nps_score BETWEEN 0 AND 10),
    rating          integer CHECK (rating BETWEEN 1 AND 5),
    comments        text CHECK (char_length(comments) BETWEEN 1 AND 2000),
    metadata        jsonb NOT NULL DEFAULT '{}',
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, session_id, caller_kind, caller_id),
    FOREIGN KEY (organization_id, session_id) REFERENCES docent.sessions (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX session_feedback_chatbot ON docent.session_feedback (organization_id, chatbot_id, created_at);
SELECT docent.wall('docent.session_feedback');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.session_feedback TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.session_feedback
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- Answers that a reviewer has dealt with: no longer in the queue, until somebody dislikes them anew.
CREATE TABLE docent.message_reviews (
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    message_id      uuid NOT NULL,
    session_id      uuid NOT NULL,
    note            text CHECK (char_length(note) BETWEEN 1 AND 2000),
    handled_by      text NOT NULL,
    handled_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, message_id),
    FOREIGN KEY (organization_id, session_id) REFERENCES docent.sessions (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX message_reviews_session ON docent.message_reviews (organization_id, session_id);
SELECT docent.wall('docent.message_reviews');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.message_reviews TO docent_app;

-- A conversation handed to people.
CREATE TABLE docent.escalations (
    id                 uuid PRIMARY KEY,
    organization_id    uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    session_id         uuid NOT NULL,
    chatbot_id         uuid NOT NULL,
    -- Who opened it: a caller, or a rule, which has no id.
    opened_by_kind     text NOT NULL CHECK (opened_by_kind IN ('key', 'user', 'session', 'rule')),
    opened_by_id       uuid,
    reason             text NOT NULL CHECK (reason IN
        ('requested', 'repeated_abstention', 'risk', 'negative_sentiment', 'agent', 'other')),
    summary            text CHECK (char_length(summary) BETWEEN 1 AND 2000),
    details            jsonb NOT NULL DEFAULT '{}',
    owner_team         text CHECK (char_length(owner_team) BETWEEN 1 AND 100),
    priority           text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'critical')),
    status             text NOT NULL DEFAULT 'open' CHECK (status IN
        ('open', 'assigned', 'in_progress', 'resolved', 'closed', 'cancelled')),
    -- A person's id, or whatever the organization calls its agents.
    assigned_agent     text CHECK (char_length(assigned_agent) BETWEEN 1 AND 255),
    external_ticket_id text CHECK (char_length(external_ticket_id) BETWEEN 1 AND 255),
    first_reply_at     timestamptz,
    resolved_at        timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    CHECK ((opened_by_kind = 'rule') = (opened_by_id IS NULL)),
    FOREIGN KEY (organization_id, session_id) REFERENCES docent.sessions (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX escalations_session ON docent.escalations (organization_id, session_id);
CREATE INDEX escalations_chatbot ON docent.escalations (organization_id, chatbot_id);
CREATE INDEX escalations_status ON docent.escalations (organization_id, status);
CREATE INDEX escalations_owner ON docent.escalations (organization_id, owner_team);
-- One at a time: who works on a conversation is no question.
CREATE UNIQUE INDEX escalations_one_a_session ON docent.escalations (organization_id, session_id)
    WHERE status IN ('open', 'assigned', 'in_progress');
SELECT docent.wall('docent.escalations');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.escalations TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.escalations
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- What agents tell each other about a ticket; its user never sees them.
CREATE TABLE docent.escalation_notes (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    escalation_id   uuid NOT NULL,
    author          text NOT NULL,
    content         text NOT NULL CHECK (char_length(content) BETWEEN 1 AND 4000),
    created_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, escalation_id) REFERENCES docent.escalations (organization_id, id) ON DELETE CASCADE
);
CREATE INDEX escalation_notes_escalation ON docent.escalation_notes (organization_id, escalation_id, id);
SELECT docent.wall('docent.escalation_notes');
GRANT SELECT, INSERT, DELETE ON docent.escalation_notes TO docent_app;

-- A reviewer's criticism, what was found, what was changed. What came of it is measured on the messages whenever somebody asks.
CREATE TABLE docent.admin_feedback (
    id                       uuid PRIMARY KEY,
    organization_id          uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    chatbot_id               uuid NOT NULL,
    -- The answer that it is about, if it is about one.
    message_id               uuid,
    feedback_text            text NOT NULL CHECK (char_length(feedback_text) BETWEEN 1 AND 4000),
    feedback_type            text NOT NULL CHECK (feedback_type IN
        ('accuracy', 'tone', 'completeness', 'relevance', 'other')),
    severity                 text NOT NULL DEFAULT 'medium' CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    context                  text CHECK (char_length(context) BETWEEN 1 AND 4000),
    status                   text NOT NULL DEFAULT 'pending' CHECK (status IN
        ('pending', 'analyzing', 'completed', 'applied', 'rejected')),
    -- The evidence, and by which method it was looked at.
    analysis_results         jsonb NOT NULL DEFAULT '{}',
    suggested_improvements   jsonb NOT NULL DEFAULT '[]',
    applied_changes          jsonb NOT NULL DEFAULT '[]',
    before_snapshot          jsonb NOT NULL DEFAULT '{}',
    after_snapshot           jsonb NOT NULL DEFAULT '{}',
    before_config_version_id uuid,
    after_config_version_id  uuid,
    rejection_reason         text CHECK (char_length(rejection_reason) BETWEEN 1 AND 2000),
    created_by               text NOT NULL,
    processed_by             text,
    created_at               timestamptz NOT NULL DEFAULT now(),
    processed_at             timestamptz,
    applied_at               timestamptz,
    updated_at               timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, chatbot_id) REFERENCES docent.chatbots (organization_id, id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, before_config_version_id) REFERENCES docent.config_versions (organization_id, id)
        ON DELETE SET NULL (before_config_version_id),
    FOREIGN KEY (organization_id, after_config_version_id) REFERENCES docent.config_versions (organization_id, id)
        ON DELETE SET NULL (after_config_version_id)
);
CREATE INDEX admin_feedback_chatbot ON docent.admin_feedback (organization_id, chatbot_id, id);
CREATE INDEX admin_feedback_status ON docent.admin_feedback (organization_id, status);
SELECT docent.wall('docent.admin_feedback');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.admin_feedback TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.admin_feedback
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();
