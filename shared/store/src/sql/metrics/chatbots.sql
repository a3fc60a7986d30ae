SELECT c.id, c.name, sum(d.total_sessions)::bigint AS sessions, sum(d.answers)::bigint AS answers,
       sum(d.total_tokens_used)::bigint AS tokens, sum(d.total_cost_usd)::numeric(18, 6)::text AS cost
  FROM docent.daily_metrics d
  JOIN docent.chatbots c ON c.organization_id = d.organization_id AND c.id = d.chatbot_id
 WHERE d.organization_id = docent.current_organization() AND d.metric_date BETWEEN $1 AND $2
 GROUP BY c.id, c.name
 ORDER BY sum(d.total_cost_usd) DESC, c.name
 LIMIT $3
