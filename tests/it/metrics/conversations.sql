-- Makes conversations of an organization, for tests and the bench: ids as the program makes them, times by a clock,
-- everything else by chance. Functions of the session, so that whoever may write may call them.

CREATE OR REPLACE FUNCTION pg_temp.id_at(instant timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (left(docent.uuid_at(instant)::text, 13) || '-7' || substr(gen_random_uuid()::text, 16))::uuid
$$;

CREATE OR REPLACE FUNCTION pg_temp.converse(
    in_organization uuid, in_chatbots uuid[], in_from timestamptz, in_to timestamptz, in_sessions integer
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE begun ON COMMIT DROP AS
    SELECT pg_temp.id_at(t.at) AS id, t.at, 1 + floor(4 * random())::integer AS turns, t.number
      FROM (SELECT in_from + (in_to - in_from) * random() AS at, number
              FROM generate_series(1, in_sessions) number) t;
    INSERT INTO docent.sessions (
        id, organization_id, chatbot_id, user_identifier_hash, platform, started_at, last_activity_at, status, duration_seconds,
        category, device_type, location, nps_score, user_satisfaction_score, avg_llm_latency_ms, answered_count,
        message_count, next_sequence)
    SELECT b.id, in_organization, in_chatbots[1 + floor(cardinality(in_chatbots) * random())::integer],
           CASE WHEN random() < 0.7 THEN decode(md5((random() * in_sessions / 3)::integer::text), 'hex') END,
           (ARRAY['web', 'widget', 'line', 'api'])[1 + floor(4 * random())::integer],
           b.at, b.at + make_interval(secs => 60 * b.turns), s.status,
           CASE WHEN s.status <> 'active' THEN 60 * b.turns END,
           (ARRAY['Payments', 'Registration', 'Delivery', NULL])[1 + floor(4 * random())::integer],
           (ARRAY['mobile', 'desktop', NULL])[1 + floor(3 * random())::integer],
           (ARRAY['{"country": "UG", "region": "Kampala"}', '{"country": "UG", "region": "Gulu"}', '{"country": "TH"}', NULL]::jsonb[])
               [1 + floor(4 * random())::integer],
           CASE WHEN random() < 0.3 THEN floor(11 * random())::integer END,
           CASE WHEN random() < 0.3 THEN 1 + floor(5 * random())::integer END,
           CASE WHEN random() < 0.9 THEN (200 + 1500 * random())::numeric(10, 2) END, b.turns, 2 * b.turns, 2 * b.turns + 1
      FROM begun b
     CROSS JOIN LATERAL (SELECT (ARRAY['active', 'complete', 'incomplete', 'escalated', 'expired', 'terminated'])
                                    [1 + floor(6 * random())::integer] AS status WHERE b.number > 0) s;
    INSERT INTO docent.messages (
        id, organization_id, session_id, sequence_number, role, content, prompt_tokens, completion_tokens, total_tokens, cost,
        provider_name, model, processing_time_ms, sentiment, confidence, abstained, error, created_at)
    SELECT pg_temp.id_at(m.at), in_organization, m.session, m.sequence, CASE WHEN m.answers THEN 'assistant' ELSE 'user' END,
           CASE WHEN m.answers THEN 'An answer.' ELSE 'A question, number ' || m.sequence || '?' END,
           CASE WHEN m.answers THEN m.tokens END, CASE WHEN m.answers THEN m.tokens / 5 END,
           CASE WHEN m.answers THEN m.tokens + m.tokens / 5 END,
           CASE WHEN m.answers AND m.luck < 0.95 THEN (m.tokens * 0.0000023)::numeric(14, 6) END,
           CASE WHEN m.answers THEN 'bedrock' END,
           CASE WHEN m.answers THEN (ARRAY['small', 'large'])[1 + (m.luck * 2)::integer % 2] END,
           CASE WHEN m.answers THEN (50 + 4000 * m.luck * m.luck)::integer END,
           CASE WHEN NOT m.answers AND m.luck < 0.6
                THEN jsonb_build_object('score', round((2 * m.luck - 0.5)::numeric, 2), 'label', 'neutral') END,
           CASE WHEN m.answers THEN m.luck::real END, m.answers AND m.luck < 0.1, m.answers AND m.luck > 0.97, m.at
      FROM (SELECT b.id AS session, n.sequence, n.sequence % 2 = 0 AS answers, b.at + make_interval(secs => 30 * n.sequence) AS at,
                   random() AS luck, 100 + floor(2000 * random())::integer AS tokens
              FROM begun b CROSS JOIN LATERAL generate_series(1, 2 * b.turns) n (sequence)) m;
    DROP TABLE begun;
END
$$;

-- What stands behind the answers of an organization's conversations, as far as nothing does yet: searches, citations, tickets. By chance
-- that is each answer's own, and the same when it is asked again.
CREATE OR REPLACE FUNCTION pg_temp.chance(of uuid, salt text) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashtext(of::text || salt) & 1023) / 1024.0
$$;

CREATE OR REPLACE FUNCTION pg_temp.search_and_hand_over(in_organization uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE unsearched ON COMMIT DROP AS
    SELECT a.id, a.session_id, a.created_at, s.chatbot_id, q.id AS question
      FROM docent.messages a
      JOIN docent.sessions s ON s.organization_id = in_organization AND s.id = a.session_id
      LEFT JOIN docent.messages q ON q.organization_id = in_organization AND q.session_id = a.session_id
                                 AND q.sequence_number = a.sequence_number - 1
     WHERE a.organization_id = in_organization AND a.role = 'assistant'
       AND NOT EXISTS (SELECT FROM docent.retrieval_logs l
                        WHERE l.organization_id = in_organization AND l.session_id = a.session_id AND l.created_at = a.created_at);
    INSERT INTO docent.retrieval_logs (
        id, organization_id, chatbot_id, session_id, message_id, query, rewritten_query, similarity_scores, retrieval_threshold,
        retrieval_k, reranker_model, timings, created_at)
    SELECT pg_temp.id_at(u.created_at), in_organization, u.chatbot_id, u.session_id, u.question, 'A question?',
           CASE WHEN pg_temp.chance(u.id, 'rewritten') < 0.3 THEN 'Another question?' END,
           -- None at all, one to six, and one that is the threshold itself.
           (SELECT coalesce(array_agg(CASE WHEN n = 6 THEN 0.3 ELSE pg_temp.chance(u.id, 'score' || n)::float8 END), '{}')
              FROM generate_series(1, (7 * pg_temp.chance(u.id, 'found'))::integer) n),
           0.3, 5, CASE WHEN pg_temp.chance(u.id, 'reranked') < 0.4 THEN 'a reranker' END,
           CASE WHEN pg_temp.chance(u.id, 'timed') < 0.9
                THEN jsonb_build_object('embed_ms', (40 * pg_temp.chance(u.id, 'embed'))::integer,
                                        'search_ms', (900 * pg_temp.chance(u.id, 'search'))::integer)
                     || CASE WHEN pg_temp.chance(u.id, 'reranked') < 0.4 THEN '{"rewrite_ms": 3, "rerank_ms": 250}' ELSE '{}' END::jsonb
                ELSE '{}' END,
           u.created_at
      FROM unsearched u;
    -- Answers that cite nothing, one passage, several.
    INSERT INTO docent.citations (id, organization_id, message_id, chunk_id, document_id, marker, quoted_span, score, document_title,
                                  document_key, created_at)
    SELECT pg_temp.id_at(u.created_at), in_organization, u.id, gen_random_uuid(), gen_random_uuid(), n, 'q', 1, 't', 'k', u.created_at
      FROM unsearched u
     CROSS JOIN LATERAL generate_series(1, (3 * pg_temp.chance(u.id, 'cited'))::integer) n;
    DROP TABLE unsearched;
    -- Some are opened a day later, when nobody says anything.
    INSERT INTO docent.escalations (id, organization_id, session_id, chatbot_id, opened_by_kind, reason, priority, status, first_reply_at,
                                    resolved_at, created_at)
    SELECT pg_temp.id_at(t.at), in_organization, s.id, s.chatbot_id, 'rule', 'requested',
           (ARRAY['low', 'medium', 'high', 'critical'])[1 + floor(4 * pg_temp.chance(s.id, 'priority'))::integer], k.status,
           CASE WHEN pg_temp.chance(s.id, 'reply') < 0.6 THEN t.at + make_interval(secs => 7.25 + 60 * pg_temp.chance(s.id, 'first')::float8) END,
           CASE WHEN k.status IN ('resolved', 'closed', 'cancelled')
                THEN t.at + make_interval(secs => 100.5 + 5000 * pg_temp.chance(s.id, 'end')::float8) END,
           t.at
      FROM docent.sessions s
     CROSS JOIN LATERAL (SELECT CASE WHEN s.started_at < now() - interval '2 days' AND pg_temp.chance(s.id, 'late') < 0.5
                                     THEN s.started_at + interval '20 hours' ELSE s.started_at + interval '1 minute' END AS at) t
     CROSS JOIN LATERAL (SELECT (ARRAY['open', 'assigned', 'in_progress', 'resolved', 'closed', 'cancelled'])
                                    [1 + floor(6 * pg_temp.chance(s.id, 'status'))::integer] AS status) k
     WHERE s.organization_id = in_organization AND s.message_count > 0 AND pg_temp.chance(s.id, 'ticket') < 0.4
       AND NOT EXISTS (SELECT FROM docent.escalations e WHERE e.organization_id = in_organization AND e.session_id = s.id);
END
$$;
