SELECT ceil(extract(epoch FROM min(d.next_attempt_at) - now()))::double precision AS seconds
  FROM docent.deliveries d
  JOIN docent.notification_targets t
    ON t.organization_id = docent.current_organization() AND t.id = d.target_id AND t.is_enabled
 WHERE d.organization_id = docent.current_organization() AND d.status = 'pending'
