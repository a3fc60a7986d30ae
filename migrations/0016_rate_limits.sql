-- Token buckets: how often a key may call. A bucket is refilled by time when it is looked at, in the flush that checks
-- the key (Token bucket: RFC 2697, section 3, with one rate and one burst).

CREATE TABLE docent.rate_limits (
    organization_id uuid NOT NULL REFERENCES docent.organizations (id) ON DELETE CASCADE,
    -- An API key's id, later a session's.
    subject_id      uuid NOT NULL,
    -- Calls that may be made at once; what is left of them.
    tokens          double precision NOT NULL CHECK (tokens >= 0),
    refilled_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Whether the last call was one too many.
    is_exceeded     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (organization_id, subject_id)
) WITH (fillfactor = 50);
SELECT docent.wall('docent.rate_limits');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.rate_limits TO docent_app;

-- Takes one token of a subject's bucket, which holds a minute's worth; what is left, or none and the seconds until one is there.
CREATE FUNCTION docent.take_token(in_subject uuid, in_per_minute integer)
RETURNS TABLE (is_exceeded boolean, remaining integer, retry_after_seconds integer)
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    INSERT INTO rate_limits AS r (organization_id, subject_id, tokens)
    VALUES (current_organization(), in_subject, in_per_minute - 1)
    ON CONFLICT (organization_id, subject_id) DO UPDATE SET (tokens, refilled_at, is_exceeded) = (
        SELECT CASE WHEN filled.level >= 1 THEN filled.level - 1 ELSE filled.level END, clock_timestamp(), filled.level < 1
          FROM (SELECT least(in_per_minute, r.tokens + in_per_minute / 60.0
                    * greatest(0, extract(epoch FROM clock_timestamp() - r.refilled_at)))::float8 AS level) filled)
    RETURNING r.is_exceeded, floor(r.tokens)::integer,
              CASE WHEN r.is_exceeded THEN greatest(1, ceil((1 - r.tokens) * 60.0 / in_per_minute))::integer ELSE 0 END
$$;
REVOKE ALL ON FUNCTION docent.take_token(uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.take_token(uuid, integer) TO docent_app;
