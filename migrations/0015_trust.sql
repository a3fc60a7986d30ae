-- Answers worth trusting: where their links may lead, and what their confidence was made of.

-- Hosts that an answer's links may lead to, their subdomains included; empty: an answer holds no link.
ALTER TABLE docent.config_versions
    ADD COLUMN allowed_hosts text[] NOT NULL DEFAULT '{}'
        CHECK (cardinality(allowed_hosts) <= 50 AND array_position(allowed_hosts, NULL) IS NULL);

-- The evidence that an answer's confidence was computed from, and the weights' version; empty where no model answered.
ALTER TABLE docent.retrieval_logs ADD COLUMN evidence jsonb NOT NULL DEFAULT '{}';
