-- What a model was told and what it said, word for word, of a sampled share of an organization's answers
-- (settings.transcript_sample_rate): for those who ask why an answer came out as it did.
ALTER TABLE docent.retrieval_logs ADD COLUMN transcript jsonb;
