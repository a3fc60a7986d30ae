-- What the models of a job were paid for, re-embedding included: what is read twice, or never switched to, costs as well.
ALTER TABLE docent.ingestion_jobs
    ADD COLUMN tokens bigint NOT NULL DEFAULT 0 CHECK (tokens >= 0),
    -- Null: the price of a model is not known. Of jobs of before, nobody counted.
    ADD COLUMN cost   numeric(18, 9) DEFAULT 0,
    -- Whether a model that says nothing of tokens had some of them.
    ADD COLUMN tokens_are_estimated boolean NOT NULL DEFAULT false;
