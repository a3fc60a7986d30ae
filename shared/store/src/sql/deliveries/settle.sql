UPDATE docent.deliveries
   SET status = $2, last_status = $3, last_error = $4,
       next_attempt_at = now() + make_interval(secs => $5),
       delivered_at = CASE WHEN $2 = 'delivered' THEN now() END
 WHERE organization_id = docent.current_organization() AND id = $1 AND status = 'pending'
