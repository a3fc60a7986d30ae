SELECT coalesce(sum(d.total_sessions), 0)::bigint AS sessions,
       coalesce(sum(d.total_messages), 0)::bigint AS messages,
       coalesce(sum(d.questions), 0)::bigint AS questions,
       coalesce(sum(d.answers), 0)::bigint AS answers,
       coalesce(sum(d.failed_answers), 0)::bigint AS failed,
       coalesce(sum(d.abstained_answers), 0)::bigint AS abstained,
       coalesce(sum(d.unsure_answers), 0)::bigint AS unsure,
       coalesce(sum(d.unpriced_answers), 0)::bigint AS unpriced,
       coalesce(sum(d.total_tokens_used), 0)::bigint AS tokens,
       coalesce(sum(d.total_cost_usd), 0)::numeric(18, 6)::text AS cost,
       round(sum(d.duration_sum)::numeric / nullif(sum(d.duration_count), 0), 1)::float8 AS duration_seconds,
       round(sum(d.session_messages_sum)::numeric / nullif(sum(d.total_sessions), 0), 2)::float8 AS messages_per_session,
       round(sum(d.response_time_sum)::numeric / nullif(sum(d.response_time_count), 0), 1)::float8 AS response_time_ms,
       round(sum(d.satisfaction_sum)::numeric / nullif(sum(d.satisfaction_count), 0), 2)::float8 AS satisfaction,
       round(sum(d.failed_answers)::numeric / nullif(sum(d.answers), 0), 4)::float8 AS error_rate,
       round(sum(d.abstained_answers)::numeric / nullif(sum(d.answers), 0), 4)::float8 AS abstained_rate,
       coalesce(sum(d.nps_promoters), 0)::bigint AS promoters,
       coalesce(sum(d.nps_passives), 0)::bigint AS passives,
       coalesce(sum(d.nps_detractors), 0)::bigint AS detractors,
       round((sum(d.nps_promoters) - sum(d.nps_detractors)) * 100.0
             / nullif(sum(d.nps_promoters + d.nps_passives + d.nps_detractors), 0), 1)::float8 AS nps,
       round(sum(d.qoe_sum) / nullif(sum(d.qoe_count), 0), 4)::float8 AS qoe
  FROM docent.daily_metrics d
 WHERE d.organization_id = docent.current_organization() AND d.metric_date BETWEEN $1 AND $2
   AND ($3::uuid IS NULL OR d.chatbot_id = $3)
