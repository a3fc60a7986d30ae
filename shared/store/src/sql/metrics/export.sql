SELECT d.metric_date, c.id AS chatbot_id, c.name, d.total_sessions, d.total_messages, d.unique_users,
       d.avg_session_duration_seconds, d.avg_messages_per_session, d.avg_response_time_ms, d.total_tokens_used,
       d.total_cost_usd::text AS total_cost_usd, d.avg_user_satisfaction, d.successful_responses_ratio, d.questions, d.answers,
       d.failed_answers, d.abstained_answers, d.unsure_answers, d.nps_promoters, d.nps_passives, d.nps_detractors,
       round(d.qoe_sum / nullif(d.qoe_count, 0), 4)::float8 AS qoe
  FROM docent.daily_metrics d
  JOIN docent.chatbots c ON c.organization_id = d.organization_id AND c.id = d.chatbot_id
 WHERE d.organization_id = docent.current_organization() AND d.metric_date BETWEEN $1 AND $2
 ORDER BY d.metric_date, c.name
 LIMIT $3
