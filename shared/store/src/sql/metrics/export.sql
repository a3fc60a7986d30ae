-- A row each day and chatbot with something in it, be it a ticket alone. What was paid for documents is no chatbot's, and has a row of
-- its own.
WITH metrics AS (
    SELECT m.metric_date AS day, m.* FROM docent.daily_metrics m
     WHERE m.organization_id = docent.current_organization() AND m.metric_date BETWEEN $1 AND $2
), escalations AS (
    SELECT t.day, t.chatbot_id, sum(t.tickets) AS tickets, sum(t.resolution_sum) AS resolution_sum,
           sum(t.resolution_count) AS resolved
      FROM docent.escalation_daily t
     WHERE t.organization_id = docent.current_organization() AND t.day BETWEEN $1 AND $2
     GROUP BY t.day, t.chatbot_id
), side_costs AS (
    SELECT p.day, p.chatbot_id, sum(p.cost) AS cost, sum(p.unpriced) AS unpriced,
           sum(p.cost) FILTER (WHERE p.purpose = 'names') AS names,
           sum(p.cost) FILTER (WHERE p.purpose = 'readings') AS readings,
           sum(p.cost) FILTER (WHERE p.purpose = 'replays') AS replays,
           sum(p.cost) FILTER (WHERE p.purpose = 'analyses') AS analyses,
           sum(p.cost) FILTER (WHERE p.purpose = 'ingestion') AS ingestion,
           sum(p.cost) FILTER (WHERE p.purpose = 'reembedding') AS reembedding
      FROM docent.side_costs_daily p
     WHERE p.organization_id = docent.current_organization() AND p.day BETWEEN $1 AND $2
     GROUP BY p.day, p.chatbot_id
)
SELECT k.day AS metric_date, k.chatbot_id, c.name, coalesce(d.total_sessions, 0) AS total_sessions,
       coalesce(d.total_messages, 0) AS total_messages, coalesce(d.unique_users, 0) AS unique_users,
       coalesce(d.avg_session_duration_seconds, 0) AS avg_session_duration_seconds,
       coalesce(d.avg_messages_per_session, 0) AS avg_messages_per_session, coalesce(d.avg_response_time_ms, 0) AS avg_response_time_ms,
       coalesce(d.total_tokens_used, 0) AS total_tokens_used, coalesce(d.total_cost_usd, 0)::numeric(18, 6)::text AS total_cost_usd,
       d.avg_user_satisfaction, d.successful_responses_ratio, coalesce(d.questions, 0) AS questions, coalesce(d.answers, 0) AS answers,
       coalesce(d.failed_answers, 0) AS failed_answers, coalesce(d.abstained_answers, 0) AS abstained_answers,
       coalesce(d.unsure_answers, 0) AS unsure_answers, coalesce(d.nps_promoters, 0) AS nps_promoters,
       coalesce(d.nps_passives, 0) AS nps_passives, coalesce(d.nps_detractors, 0) AS nps_detractors,
       round(d.qoe_sum / nullif(d.qoe_count, 0), 4)::float8 AS qoe,
       coalesce(r.searches, 0) AS searches, coalesce(r.empty_searches, 0) AS empty_searches,
       round(r.top_score_sum / nullif(r.top_score_count, 0), 4)::float8 AS top_score,
       coalesce(e.tickets, 0)::integer AS escalations, coalesce(e.resolved, 0)::integer AS resolved_escalations,
       round(e.resolution_sum / nullif(e.resolved, 0), 1)::float8 AS resolution_seconds,
       trim_scale(coalesce(s.names, 0))::text AS names_cost_usd,
       trim_scale(coalesce(s.readings, 0))::text AS readings_cost_usd,
       trim_scale(coalesce(s.replays, 0))::text AS replays_cost_usd,
       trim_scale(coalesce(s.analyses, 0))::text AS analyses_cost_usd,
       trim_scale(coalesce(s.ingestion, 0))::text AS ingestion_cost_usd,
       trim_scale(coalesce(s.reembedding, 0))::text AS reembedding_cost_usd,
       trim_scale(coalesce(d.total_cost_usd, 0) + coalesce(s.cost, 0))::text AS all_costs_usd,
       coalesce(d.unpriced_answers, 0) + coalesce(s.unpriced, 0) AS unpriced_calls
  -- Full joins hash or merge: without statistics, loops would compare every row with every other.
  FROM metrics d
  FULL JOIN escalations e USING (day, chatbot_id)
  FULL JOIN side_costs s USING (day, chatbot_id) AS k
  LEFT JOIN docent.chatbots c ON c.organization_id = docent.current_organization() AND c.id = k.chatbot_id
  LEFT JOIN docent.retrieval_daily r
    ON r.organization_id = docent.current_organization() AND r.day = k.day AND r.chatbot_id = k.chatbot_id
 ORDER BY k.day, c.name, k.chatbot_id
 LIMIT $3
