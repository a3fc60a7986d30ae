SELECT ceil(extract(epoch FROM min(d.next_attempt_at) - now()))::double precision AS seconds
  FROM docent.deliveries d
 WHERE d.organization_id = docent.current_organization() AND d.status = 'pending'
   AND (EXISTS (SELECT FROM docent.notification_targets t
                 WHERE t.organization_id = docent.current_organization() AND t.id = d.target_id AND t.is_enabled)
        OR EXISTS (SELECT FROM docent.integrations i
                    WHERE i.organization_id = docent.current_organization() AND i.id = d.integration_id AND i.is_enabled)
           AND NOT EXISTS (SELECT FROM docent.deliveries b
                            WHERE b.organization_id = docent.current_organization() AND b.escalation_id = d.escalation_id
                              AND b.integration_id = d.integration_id AND b.kind = 'ticket' AND b.status = 'pending' AND b.id < d.id))
