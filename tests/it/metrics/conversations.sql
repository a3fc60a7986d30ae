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
