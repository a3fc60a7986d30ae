-- What happened in the window before each of these instants. Failed and abstained are parts of the answers.
SELECT i.at, m.answers, m.failed, m.abstained, m.response_mean, m.response_p95, m.confidence_mean, m.cost, m.tokens,
       f.judgements, f.negative, d.documents, d.failed_documents, o.daily_cost, o.daily_tokens,
       CASE WHEN i.at > o.began THEN o.spent_cost ELSE 0 END AS spent_cost,
       CASE WHEN i.at > o.began THEN o.spent_tokens ELSE 0 END AS spent_tokens
  FROM unnest($1::timestamptz[]) AS i (at)
 CROSS JOIN LATERAL (
    SELECT count(*) AS answers,
           count(*) FILTER (WHERE a.error) AS failed,
           count(*) FILTER (WHERE a.abstained) AS abstained,
           avg(a.processing_time_ms)::double precision AS response_mean,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY a.processing_time_ms)::double precision AS response_p95,
           avg(a.confidence)::double precision AS confidence_mean,
           coalesce(sum(a.cost), 0)::double precision AS cost,
           coalesce(sum(a.total_tokens), 0)::double precision AS tokens
      FROM docent.messages a
     WHERE a.organization_id = docent.current_organization() AND a.role = 'assistant'
       -- An id is made when its turn begins.
       AND a.id >= docent.uuid_at(i.at - make_interval(mins => $2) - interval '1 hour')
       AND a.id < docent.uuid_at(i.at + interval '1 hour') AND a.created_at > i.at - make_interval(mins => $2)
       AND a.created_at <= i.at
       AND ($3::uuid IS NULL OR EXISTS (SELECT FROM docent.sessions s
                                         WHERE s.organization_id = docent.current_organization() AND s.id = a.session_id
                                           AND s.chatbot_id = $3))) m
 CROSS JOIN LATERAL (
    SELECT count(*) AS judgements, count(*) FILTER (WHERE j.rating = 'negative') AS negative
      FROM docent.message_feedback j
     WHERE j.organization_id = docent.current_organization() AND j.updated_at > i.at - make_interval(mins => $2)
       AND j.updated_at <= i.at
       AND ($3::uuid IS NULL OR j.chatbot_id = $3)) f
 CROSS JOIN LATERAL (
    SELECT count(*) AS documents, count(*) FILTER (WHERE t.processing_status = 'failed') AS failed_documents
      FROM docent.documents t
     WHERE t.organization_id = docent.current_organization() AND t.processed_at > i.at - make_interval(mins => $2)
       AND t.processed_at <= i.at AND t.processing_status IN ('completed', 'failed')) d
 -- The same for every instant.
 CROSS JOIN (
    SELECT (CASE WHEN $3 IS NULL THEN (g.settings #>> '{budgets,daily_cost}')::numeric ELSE c.daily_cost END)::double precision
               AS daily_cost,
           (CASE WHEN $3 IS NULL THEN (g.settings #>> '{budgets,daily_tokens}')::bigint ELSE c.daily_tokens END)::double precision
               AS daily_tokens,
           -- What the budget has been asked for today, replays and whatever models say on the side among it.
           coalesce(b.cost, 0)::double precision AS spent_cost, coalesce(b.tokens, 0)::double precision AS spent_tokens,
           now() - make_interval(secs => 86400 - t.seconds_left) AS began
      FROM docent.organizations g
     CROSS JOIN LATERAL docent.today(g.settings) t
      LEFT JOIN docent.chatbots c ON c.organization_id = docent.current_organization() AND c.id = $3
      LEFT JOIN docent.budgets b ON b.organization_id = docent.current_organization() AND b.day = t.day
           AND b.subject_id = coalesce($3, docent.current_organization())
     WHERE g.id = docent.current_organization()) o
 ORDER BY i.at
