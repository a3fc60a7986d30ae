-- What somebody says a ticket is called elsewhere, it is called in the system that there is at this moment.
UPDATE docent.escalations
   SET status = $2, priority = coalesce($3, priority),
       assigned_agent = CASE WHEN $4 THEN $5 ELSE assigned_agent END,
       owner_team = CASE WHEN $6 THEN $7 ELSE owner_team END,
       summary = CASE WHEN $8 THEN $9 ELSE summary END,
       external_ticket_id = CASE WHEN $10 THEN $11 ELSE external_ticket_id END,
       external_integration_id =
           CASE WHEN NOT $10 OR $11 IS NOT DISTINCT FROM external_ticket_id THEN external_integration_id
                WHEN $11 IS NOT NULL
                THEN (SELECT i.id FROM docent.integrations i
                       WHERE i.organization_id = docent.current_organization() AND i.kind = 'ticket_webhook' AND i.is_enabled) END,
       resolved_at = CASE WHEN $2 IN ('open', 'assigned', 'in_progress') THEN NULL ELSE coalesce(resolved_at, now()) END
 WHERE organization_id = docent.current_organization() AND id = $1
