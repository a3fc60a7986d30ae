SELECT r.id, r.chatbot_id, r.admin_feedback_id, r.proposals, r.base_config_version_id, r.config_version_id, r.status, r.total,
       r.summary, r.error, r.created_by, r.is_whole, r.created_at, r.started_at, r.completed_at, a.done, a.cost::text AS cost
  FROM docent.replays r
 CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE s.side = 'after') AS done, sum(s.cost) AS cost
      FROM docent.replay_results s
     WHERE s.organization_id = docent.current_organization() AND s.replay_id = r.id) a
 WHERE r.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR r.id = $1)
   AND ($2::uuid IS NULL OR r.chatbot_id = $2)
   AND ($3::uuid IS NULL OR r.admin_feedback_id = $3)
   AND ($4::uuid IS NULL OR r.id < $4)
 ORDER BY r.id DESC
 LIMIT $5
