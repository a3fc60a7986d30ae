-- Files that people attach to a session: read like documents, and context of that session alone.

CREATE TABLE docent.files (
    id                   uuid PRIMARY KEY,
    organization_id      uuid NOT NULL,
    session_id           uuid NOT NULL,
    filename             text NOT NULL CHECK (char_length(filename) BETWEEN 1 AND 200),
    content_type         text NOT NULL,
    -- As its uploader says, until the object says it.
    size_bytes           bigint NOT NULL CHECK (size_bytes >= 0),
    -- Of the bytes that the rest is about; null until there are some.
    etag                 text,
    sha256               text,
    status               text NOT NULL DEFAULT 'uploaded'
        CHECK (status IN ('uploaded', 'processing', 'completed', 'failed')),
    -- {"code": "...", "detail": "a sentence for a person"} while failed
    failure              jsonb,
    format               text,
    language             text NOT NULL DEFAULT 'und' CHECK (char_length(language) <= 10),
    -- Of the whole; the text may be its beginning.
    extracted_characters integer CHECK (extracted_characters >= 0),
    text                 text,
    -- {"tables": [...]}; null where there are none.
    data_summary         jsonb,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organization_id, id),
    CHECK ((status = 'failed') = (failure IS NOT NULL)),
    FOREIGN KEY (organization_id, session_id) REFERENCES docent.sessions (organization_id, id)
        ON DELETE CASCADE
);
CREATE INDEX files_session ON docent.files (organization_id, session_id);
SELECT docent.wall('docent.files');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.files TO docent_app;
CREATE TRIGGER touch BEFORE UPDATE ON docent.files
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- What a file says, cut into what an answer can cite. Few of them: no index but their file's, and no vectors.
CREATE TABLE docent.file_passages (
    id              uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    file_id         uuid NOT NULL,
    place           integer NOT NULL CHECK (place >= 0),
    page_number     integer CHECK (page_number > 0),
    headings        text[] NOT NULL DEFAULT '{}',
    content         text NOT NULL CHECK (content <> ''),
    language        text NOT NULL DEFAULT 'und' CHECK (char_length(language) <= 10),
    search_vector   tsvector NOT NULL,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, file_id, place),
    FOREIGN KEY (organization_id, file_id) REFERENCES docent.files (organization_id, id)
        ON DELETE CASCADE
);
SELECT docent.wall('docent.file_passages');
GRANT SELECT, INSERT, UPDATE, DELETE ON docent.file_passages TO docent_app;

-- What supports an answer may be a file, too: the file may be gone, its name and words survive it.
ALTER TABLE docent.citations
    ADD COLUMN file_id uuid,
    DROP CONSTRAINT citations_source,
    ADD CONSTRAINT citations_source CHECK (num_nonnulls(chunk_id, curated_answer_id, file_id) = 1);

-- The passages of a session's files, those that hold most of a question's words first, then in their order. Runs behind the
-- wall, as whoever calls it; planned once, and over at once where a session has no files.
CREATE FUNCTION docent.passages_of_files(in_session uuid, in_words text[], in_limit integer)
RETURNS TABLE (
    id uuid, file_id uuid, filename text, page_number integer, headings text[], content text, language text,
    lexical double precision, coverage double precision
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    org        CONSTANT uuid := current_organization();
    -- Words of a question that are looked up.
    most_words CONSTANT integer := 32;
    -- A file's own passages are too few to tell what is common: they are counted as if among these, which hold none of the words.
    others     CONSTANT double precision := 1000;
BEGIN
    IF NOT EXISTS (SELECT FROM files f
                    WHERE f.organization_id = org AND f.session_id = in_session AND f.status = 'completed') THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH known AS MATERIALIZED (
        SELECT p.id, p.language, p.search_vector
          FROM files f
          JOIN file_passages p ON p.organization_id = org AND p.file_id = f.id
         WHERE f.organization_id = org AND f.session_id = in_session AND f.status = 'completed'
    ), asked AS MATERIALIZED (
        SELECT s.language, w.lexeme, quoted_lexeme(w.lexeme)::tsquery AS wanted
          FROM (SELECT DISTINCT k.language FROM known k) s
         CROSS JOIN LATERAL (
            SELECT l.lexeme FROM unnest(words_vector(s.language, in_words)) l LIMIT most_words) w
    ), held AS MATERIALIZED (
        SELECT k.id, a.language, a.lexeme
          FROM known k JOIN asked a ON a.language = k.language AND k.search_vector @@ a.wanted
    ), weighed AS MATERIALIZED (
        SELECT a.language, a.lexeme,
               ln(1 + (others + (SELECT count(*) FROM known k WHERE k.language = a.language) - h.number + 0.5)
                      / (h.number + 0.5)) AS idf
          FROM asked a
         CROSS JOIN LATERAL (
            SELECT count(*)::double precision AS number FROM held h
             WHERE h.language = a.language AND h.lexeme = a.lexeme) h
    ), scored AS (
        SELECT h.id, sum(w.idf) AS found,
               sum(w.idf) / (SELECT sum(o.idf) FROM weighed o WHERE o.language = h.language) AS share
          FROM held h JOIN weighed w ON w.language = h.language AND w.lexeme = h.lexeme
         GROUP BY h.id, h.language
    )
    SELECT p.id, f.id, f.filename, p.page_number, p.headings, p.content, p.language,
           coalesce(s.found, 0)::double precision, least(1, coalesce(s.share, 0))::double precision
      FROM files f
      JOIN file_passages p ON p.organization_id = org AND p.file_id = f.id
      LEFT JOIN scored s ON s.id = p.id
     WHERE f.organization_id = org AND f.session_id = in_session AND f.status = 'completed'
     ORDER BY 9 DESC, f.id, p.place
     LIMIT in_limit;
END
$$;
REVOKE ALL ON FUNCTION docent.passages_of_files(uuid, text[], integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.passages_of_files(uuid, text[], integer) TO docent_app;
