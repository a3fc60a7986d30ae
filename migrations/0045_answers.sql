-- Search that finds what is rare and misses nothing that is there, and sessions that expire when the organization says.

-- ── The search function of 0017: rare words choose the candidates, and the graph's remains are made up for ──────────────
GRANT CREATE ON SCHEMA docent TO docent_search;
SET LOCAL ROLE docent_search;

CREATE OR REPLACE FUNCTION docent.search_chunks(
    -- The space to search and the question's vector there; null vector: words alone.
    in_space uuid, in_vector real[],
    -- The question's words, segmented and lower-cased as the chunks' were.
    in_words text[],
    -- The chatbot whose knowledge is read; null: all of the organization's.
    in_chatbot uuid,
    -- {"collections": [slug], "documents": [id], "document_types": [], "languages": [], "products": [id or SKU],
    --  "categories": [], "chunk_types": [], "metadata": {"module": ["m1", "m2"]}}: any value of each field, and every field.
    in_filter jsonb,
    -- How much the vectors count beside the words (1), where the space's model reads the language.
    in_dense_weight double precision,
    -- Candidates of each leg, and rows wanted at most.
    in_candidates integer, in_limit integer
) RETURNS TABLE (
    chunk_id uuid, document_id uuid, document_version_id uuid, document_title text, document_key text,
    document_type text, page_number integer, headings text[], content text, language text,
    dense double precision, lexical double precision, coverage double precision, fused double precision
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, docent, public, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    -- Up to this many readable chunks are compared one by one: complete, and faster than a graph.
    exact_limit CONSTANT integer := 5000;
    -- A very common word is neither counted nor ranked past this many chunks.
    common_cap  CONSTANT integer := 2000;
    -- Words of a question that are looked up.
    most_words  CONSTANT integer := 32;
    -- BM25 (Robertson and Zaragoza 2009); k1 and b as in Lucene-tuned baselines for short passages.
    k1 CONSTANT double precision := 0.9;
    b  CONSTANT double precision := 0.4;
    org          CONSTANT uuid := docent.current_organization();
    bot_filter   jsonb := '{}';
    bot_linked   boolean := false;
    restricted   boolean;
    -- What a chunk itself must be: the type, and a predicate over its metadata that the index answers.
    narrowed     boolean := in_filter ?| ARRAY['chunk_types', 'metadata'];
    wanted_types text[];
    wanted       jsonpath;
    matching     bigint;
    versions     uuid[];
    readable     bigint;
    terms        text[];
    idf          double precision[];
    weight_of_words double precision;
    chosen       tsquery;
    -- The same, one by one, with what each weighs.
    finders      tsquery[];
    finders_idf  double precision[];
    wanted_near  bigint;
    exact        boolean;
    dense_ids    uuid[] := '{}';
    lexical_ids  uuid[] := '{}';
    -- Not "dimension": a column's name wins over a variable's.
    vector_size  integer := coalesce(cardinality(in_vector), 0);
    reads        text[];
    weight       double precision := in_dense_weight;
BEGIN
    -- 1. What may be read: a set of document versions, or everything of the organization.
    IF in_chatbot IS NOT NULL THEN
        SELECT c.knowledge_base_filter,
               EXISTS (SELECT FROM chatbot_documents l WHERE l.organization_id = org AND l.chatbot_id = c.id)
            OR EXISTS (SELECT FROM chatbot_collections l WHERE l.organization_id = org AND l.chatbot_id = c.id)
          INTO bot_filter, bot_linked
          FROM chatbots c WHERE c.organization_id = org AND c.id = in_chatbot;
        IF NOT FOUND THEN
            RETURN;
        END IF;
    END IF;
    restricted := bot_linked OR bot_filter <> '{}' OR in_filter <> '{}';
    IF restricted THEN
        SELECT array_agg(d.active_version_id), coalesce(sum(d.chunk_count), 0) INTO versions, readable
          FROM documents d
          JOIN collections col ON col.organization_id = d.organization_id AND col.id = d.collection_id
         WHERE d.organization_id = org AND d.active_version_id IS NOT NULL
           AND (NOT bot_linked
                OR EXISTS (SELECT FROM chatbot_documents l WHERE l.organization_id = org
                           AND l.chatbot_id = in_chatbot AND l.document_id = d.id)
                OR EXISTS (SELECT FROM chatbot_collections l WHERE l.organization_id = org
                           AND l.chatbot_id = in_chatbot AND l.collection_id = d.collection_id))
           AND (NOT bot_filter ? 'document_types' OR bot_filter -> 'document_types' ? d.document_type)
           AND (NOT bot_filter ? 'languages' OR bot_filter -> 'languages' ? d.language)
           AND (NOT bot_filter ? 'product_ids' OR bot_filter -> 'product_ids' ? d.product_id::text)
           AND (NOT bot_filter ? 'categories' OR EXISTS (SELECT FROM products p
                WHERE p.organization_id = org AND p.id = d.product_id AND bot_filter -> 'categories' ? p.category))
           AND (NOT in_filter ? 'collections' OR in_filter -> 'collections' ? col.slug)
           AND (NOT in_filter ? 'documents' OR in_filter -> 'documents' ? d.id::text)
           AND (NOT in_filter ? 'document_types' OR in_filter -> 'document_types' ? d.document_type)
           AND (NOT in_filter ? 'languages' OR in_filter -> 'languages' ? d.language)
           AND (NOT in_filter ? 'products' OR EXISTS (SELECT FROM products p
                WHERE p.organization_id = org AND p.id = d.product_id
                  AND (in_filter -> 'products' ? p.id::text OR in_filter -> 'products' ? p.sku)))
           AND (NOT in_filter ? 'categories' OR EXISTS (SELECT FROM products p
                WHERE p.organization_id = org AND p.id = d.product_id AND in_filter -> 'categories' ? p.category));
        IF versions IS NULL THEN
            RETURN;
        END IF;
    ELSE
        SELECT coalesce(sum(d.chunk_count), 0) INTO readable FROM documents d WHERE d.organization_id = org;
    END IF;

    -- 2. Of those, the chunks of a type or with values. Few of many are compared one by one, as if there were no
    -- others: a graph would be walked in vain.
    IF narrowed THEN
        SELECT array_agg(t.value) INTO wanted_types FROM jsonb_array_elements_text(in_filter -> 'chunk_types') t;
        SELECT string_agg(format('(%s)', a.any_value), ' && ')::jsonpath INTO wanted FROM (
            SELECT string_agg(format('$.%s == %s', to_jsonb(f.key), v.value), ' || ') AS any_value
              FROM jsonb_each(in_filter -> 'metadata') f CROSS JOIN LATERAL jsonb_array_elements(f.value) v
             GROUP BY f.key) a;
        SELECT count(*) INTO matching FROM (
            SELECT FROM chunks c
             WHERE c.organization_id = org AND c.document_version_id = ANY (versions)
               AND (wanted_types IS NULL OR c.chunk_type = ANY (wanted_types))
               AND (wanted IS NULL OR c.metadata @@ wanted)
             LIMIT exact_limit + 1) few;
        IF matching = 0 THEN
            RETURN;
        END IF;
        readable := CASE WHEN matching <= exact_limit THEN matching ELSE readable END;
    END IF;

    -- 3. Dense leg.
    IF vector_size > 0 THEN
        SELECT s.languages INTO reads FROM embedding_spaces s
         WHERE s.id = in_space AND s.dimension = vector_size
           AND (s.organization_id IS NULL OR s.organization_id = org);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'no embedding space % of dimension %', in_space, vector_size;
        END IF;
        PERFORM set_config('hnsw.iterative_scan', 'relaxed_order', true),
                set_config('hnsw.ef_search', greatest(100, in_candidates)::text, true);
        -- Chunks that a person disabled are dropped in step 7, and take nobody's place until then.
        wanted_near := in_candidates + (SELECT count(*) FROM chunks c WHERE c.organization_id = org AND NOT c.is_active);
        exact := readable <= exact_limit;
        LOOP
            -- The graph is already in order: without a sort no plan but its remains, even where the statistics are
            -- older than the rows.
            PERFORM set_config('enable_sort', CASE WHEN exact THEN 'on' ELSE 'off' END, true);
            EXECUTE format(
                'SELECT coalesce(array_agg(near.chunk_id), ''{}'') FROM (
                    SELECT e.chunk_id FROM embeddings e
                      JOIN documents d ON d.organization_id = e.organization_id
                                      AND d.active_version_id = e.document_version_id
                     WHERE e.space_id = %L AND e.organization_id = $2 AND d.organization_id = $2 %s %s
                     ORDER BY %s LIMIT %s) near',
                in_space,
                CASE WHEN restricted THEN 'AND e.document_version_id = ANY ($3)' ELSE '' END,
                CASE WHEN narrowed THEN
                    'AND EXISTS (SELECT FROM chunks c WHERE c.organization_id = $2 AND c.id = e.chunk_id
                        AND ($4 IS NULL OR c.chunk_type = ANY ($4)) AND ($5 IS NULL OR c.metadata @@ $5))' ELSE '' END,
                -- Only the expression of the index reaches the graph; the bare column forces the exact scan.
                CASE WHEN exact THEN 'e.vector <=> $1::halfvec'
                     ELSE format('(e.vector::halfvec(%1$s)) <=> $1::halfvec(%1$s)', vector_size) END,
                wanted_near)
            INTO dense_ids USING in_vector, org, versions, wanted_types, wanted;
            -- A graph that others fill is walked for so many tuples and no further: what it leaves short of what there is
            -- to find is looked for one by one, once.
            EXIT WHEN exact OR cardinality(dense_ids) >= least(wanted_near, readable);
            exact := true;
        END LOOP;
        PERFORM set_config('enable_sort', 'on', true);
    END IF;

    -- 4. The question's words as lexemes, in the configuration of each language that the tenant's documents
    -- have. A word is what counts, its variants are alternatives; function words of any of those languages
    -- are left out, unless there is nothing else.
    WITH RECURSIVE present AS (
        (SELECT d.language FROM documents d WHERE d.organization_id = org ORDER BY d.language LIMIT 1)
        UNION ALL
        SELECT (SELECT d.language FROM documents d
                 WHERE d.organization_id = org AND d.language > p.language ORDER BY d.language LIMIT 1)
          FROM present p WHERE p.language IS NOT NULL
    ), configs AS (
        SELECT DISTINCT ON (text_config(p.language)) p.language,
               text_config(p.language) <> 'simple'::regconfig AS has_dictionary
          FROM present p WHERE p.language IS NOT NULL
    ), asked AS (
        SELECT w.word, min(w.place) AS place FROM unnest(in_words) WITH ORDINALITY AS w (word, place)
         GROUP BY w.word ORDER BY min(w.place) LIMIT most_words
    ), variants AS (
        SELECT a.word, c.has_dictionary, l.lexeme
          FROM asked a CROSS JOIN configs c
          LEFT JOIN LATERAL unnest(words_vector(c.language, ARRAY[a.word])) l ON true
    ), function_words AS (
        SELECT v.word FROM variants v WHERE v.has_dictionary AND v.lexeme IS NULL
    ), meant AS (
        SELECT DISTINCT v.word, v.lexeme FROM variants v
         WHERE v.lexeme IS NOT NULL
           AND (v.word NOT IN (SELECT f.word FROM function_words f)
                OR NOT EXISTS (SELECT FROM asked a WHERE a.word NOT IN (SELECT f.word FROM function_words f)))
    ), counted AS (
        SELECT l.lexeme, (
            SELECT count(*) FROM (
                SELECT FROM chunks c
                 WHERE c.organization_id = org AND c.search_vector @@ quoted_lexeme(l.lexeme)::tsquery
                   AND (NOT restricted OR c.document_version_id = ANY (versions))
                   AND (wanted_types IS NULL OR c.chunk_type = ANY (wanted_types))
                   AND (wanted IS NULL OR c.metadata @@ wanted)
                 LIMIT common_cap) capped)::double precision AS df
          FROM (SELECT DISTINCT m.lexeme FROM meant m) l
    ), known AS (
        SELECT m.word, sum(c.df) AS df,
               ln(1 + (greatest(readable, sum(c.df)) - sum(c.df) + 0.5) / (sum(c.df) + 0.5)) AS idf
          FROM meant m JOIN counted c USING (lexeme) GROUP BY m.word
    ), weighed AS (
        -- Without a dictionary nobody says which words are function words: one that stands nowhere weighs no
        -- more than the average of those that do.
        SELECT k.word, CASE
            WHEN k.df = 0 AND k.word !~ '[a-z]'
            THEN least(k.idf, coalesce((SELECT avg(o.idf) FROM known o WHERE o.df > 0), k.idf))
            ELSE k.idf END AS idf
          FROM known k
    ), bounded AS (
        SELECT lexeme, df, sum(df) OVER (ORDER BY df, lexeme) AS upto FROM counted
    )
    SELECT array_agg(m.lexeme), array_agg(w.idf), (SELECT sum(all_words.idf) FROM weighed all_words),
           -- Rarest words first, as many as stay below the cap: common words rank, they do not find.
           string_agg(DISTINCT quoted_lexeme(m.lexeme), ' | ')
               FILTER (WHERE f.df > 0 AND (f.upto <= common_cap OR f.upto = f.df))::tsquery,
           array_agg(quoted_lexeme(m.lexeme)::tsquery)
               FILTER (WHERE f.df > 0 AND (f.upto <= common_cap OR f.upto = f.df)),
           array_agg(w.idf) FILTER (WHERE f.df > 0 AND (f.upto <= common_cap OR f.upto = f.df))
      INTO terms, idf, weight_of_words, chosen, finders, finders_idf
      FROM meant m JOIN weighed w USING (word) JOIN bounded f USING (lexeme);

    -- 5. Lexical leg: found by the rarer words, ordered roughly; BM25 below orders exactly.
    IF chosen IS NOT NULL THEN
        SELECT coalesce(array_agg(found.id), '{}') INTO lexical_ids FROM (
            SELECT k.id FROM (
                -- Unpacked once, not for every word that is looked for in it.
                SELECT c.id, c.search_vector || ''::tsvector AS unpacked FROM chunks c
                  JOIN documents d ON d.organization_id = c.organization_id
                                  AND d.active_version_id = c.document_version_id
                 WHERE c.organization_id = org AND c.search_vector @@ chosen AND c.is_active
                   AND (NOT restricted OR c.document_version_id = ANY (versions))
                   AND (wanted_types IS NULL OR c.chunk_type = ANY (wanted_types))
                   AND (wanted IS NULL OR c.metadata @@ wanted)
                OFFSET 0) k
             -- What is rare decides who is looked at, and only then how often it is said: a code that one passage of a
             -- hundred holds is not to be lost behind a word that all of them repeat.
             ORDER BY (SELECT sum(r.idf) FROM unnest(finders, finders_idf) AS r (finder, idf)
                        WHERE k.unpacked @@ r.finder) DESC NULLS LAST,
                      ts_rank(k.unpacked, chosen, 1) DESC, k.id
             LIMIT in_candidates) found;
    END IF;

    -- 6. A model that does not read the language of what the words found has little to say about it.
    IF vector_size > 0 AND reads <> '{}' AND lexical_ids <> '{}' THEN
        SELECT weight * avg((c.language = ANY (reads) OR c.language = 'und')::integer) INTO weight
          FROM unnest(lexical_ids[1:10]) AS top (id)
          JOIN chunks c ON c.organization_id = org AND c.id = top.id;
    END IF;

    -- 7. Both scores for every candidate of either leg, brought to one scale and added.
    RETURN QUERY EXECUTE format(
        'WITH candidates AS (
            SELECT unnest($1::uuid[]) AS id UNION SELECT unnest($2::uuid[])
        ), scored AS (
            SELECT c.id, c.word_count, c.search_vector,
                   avg(greatest(c.word_count, 1)) OVER () AS mean_count,
                   %s AS cosine
              FROM candidates k
              JOIN chunks c ON c.organization_id = $3 AND c.id = k.id
             WHERE c.is_active
        ), ranked AS (
            SELECT s.id, s.cosine, coalesce(m.bm25, 0) AS bm25, coalesce(m.matched, 0) AS matched
              FROM scored s
              LEFT JOIN LATERAL (
                SELECT sum(t.idf * (1 + $6) * tf / (tf + $6 * (1 - $7 + $7 * s.word_count / s.mean_count))) AS bm25,
                       sum(t.idf) AS matched
                  FROM unnest(s.search_vector) l
                  JOIN unnest($4::text[], $5::float8[]) AS t (lexeme, idf) ON t.lexeme = l.lexeme
                 CROSS JOIN LATERAL (SELECT cardinality(l.positions)::float8 AS tf) f
              ) m ON true
        ), scaled AS (
            SELECT r.*,
                   coalesce((r.cosine - min(r.cosine) OVER ()) / nullif(max(r.cosine) OVER () - min(r.cosine) OVER (), 0), 1) AS dense_scaled,
                   coalesce((r.bm25 - min(r.bm25) OVER ()) / nullif(max(r.bm25) OVER () - min(r.bm25) OVER (), 0),
                            (r.bm25 > 0)::integer) AS lexical_scaled
              FROM ranked r
        )
        SELECT c.id, c.document_id, c.document_version_id, d.title, d.s3_key, d.document_type,
               c.page_number, c.headings, c.content, c.language,
               s.cosine, s.bm25,
               least(1, coalesce(s.matched / nullif($11, 0), 0)),
               (CASE WHEN s.cosine IS NULL THEN 0 ELSE $8 * s.dense_scaled END + s.lexical_scaled) / (1 + $8) AS fused
          FROM scaled s
          JOIN chunks c ON c.organization_id = $3 AND c.id = s.id
          JOIN documents d ON d.organization_id = $3 AND d.id = c.document_id
         ORDER BY fused DESC, c.id
         LIMIT $9',
        CASE WHEN vector_size > 0 THEN format(
            '(SELECT (1 - (e.vector <=> $10::halfvec))::float8 FROM embeddings e
               WHERE e.space_id = %L AND e.organization_id = $3 AND e.chunk_id = c.id)', in_space)
            ELSE 'NULL::float8' END)
    USING dense_ids, lexical_ids, org, terms, idf, k1, b, weight, in_limit, in_vector, weight_of_words;
END
$$;

RESET ROLE;
REVOKE CREATE ON SCHEMA docent FROM docent_search;

-- ── Expiry, computed at read as it is written: after the organization's own hours of silence ─────────────────────────────
CREATE FUNCTION docent.session_expiry() RETURNS interval
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT coalesce((SELECT make_interval(hours => trunc(number_of(o.settings, '{session_expiry_hours}', 1, 8760, 24))::integer)
                       FROM organizations o WHERE o.id = current_organization()), interval '24 hours')
$$;
REVOKE ALL ON FUNCTION docent.session_expiry() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.session_expiry() TO docent_app;

CREATE OR REPLACE FUNCTION docent.standing_of_session(in_session uuid) RETURNS TABLE (status text, chatbot_id uuid)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT CASE WHEN s.status = 'active' AND s.last_activity_at < now() - session_expiry() THEN 'expired' ELSE s.status END,
           s.chatbot_id
      FROM sessions s
     WHERE s.organization_id = current_organization() AND s.id = in_session;
END
$$;

-- ── Shared sessions: one that its owner shared is read by every person of the organization who talks with bots ───────────
DROP FUNCTION docent.check_person(text, uuid, integer);
CREATE FUNCTION docent.check_person(in_subject text, in_session uuid, in_per_minute integer)
RETURNS TABLE (user_id uuid, role text, owns_session boolean, is_shared boolean, is_exceeded boolean, retry_after_seconds integer)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    org  CONSTANT uuid := current_organization();
    seen timestamptz;
    own  boolean := false;
    shared boolean := false;
    mine uuid;
    part text;
BEGIN
    SELECT u.id, u.role, u.last_login INTO mine, part, seen
      FROM users u WHERE u.organization_id = org AND u.external_id = in_subject;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    -- Once a minute is enough to know.
    IF seen IS NULL OR seen < now() - interval '1 minute' THEN
        UPDATE users u SET last_login = now() WHERE u.organization_id = org AND u.id = mine;
    END IF;
    IF in_session IS NOT NULL THEN
        SELECT coalesce(s.user_id = mine, false), s.is_shared INTO own, shared
          FROM sessions s WHERE s.organization_id = org AND s.id = in_session;
        own := coalesce(own, false);
        shared := coalesce(shared, false);
    END IF;
    RETURN QUERY SELECT mine, part, own, shared, t.is_exceeded, t.retry_after_seconds FROM take_token(mine, in_per_minute) t;
END
$$;
REVOKE ALL ON FUNCTION docent.check_person(text, uuid, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.check_person(text, uuid, integer) TO docent_app;

-- ── Whether what a citation names can still be opened where it says ──────────────────────────────────────────────────────
-- A document's active version is the only one whose passages are kept: where a document was replaced, its page may say something
-- else now. An answer that people wrote has no page.
CREATE FUNCTION docent.stands_as_cited(in_chunk uuid, in_document uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM documents d
         WHERE d.organization_id = current_organization() AND d.id = in_document AND d.active_version_id IS NOT NULL
           AND (in_chunk IS NULL OR EXISTS (
                SELECT FROM chunks c
                 WHERE c.organization_id = current_organization() AND c.id = in_chunk
                   AND c.document_version_id = d.active_version_id)))
$$;
REVOKE ALL ON FUNCTION docent.stands_as_cited(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.stands_as_cited(uuid, uuid) TO docent_app;
