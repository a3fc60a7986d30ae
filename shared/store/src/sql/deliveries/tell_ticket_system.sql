-- To the organization's ticket system, if it has one that wants to hear of this, and that knows the ticket or will: what another
-- system calls it, this one does not know. What the ticket is at this moment is told, whenever that arrives: the same at every
-- attempt.
INSERT INTO docent.deliveries (organization_id, id, kind, integration_id, escalation_id, session_id, note_id, message_id, event,
                               payload)
SELECT docent.current_organization(), $1, 'ticket', i.id, e.id, e.session_id, $4, $5, 'ticket.' || $3,
       jsonb_build_object('ticket_id', e.id, 'session_id', e.session_id, 'chatbot_id', e.chatbot_id, 'reason', e.reason,
                          'summary', e.summary, 'details', e.details, 'priority', e.priority, 'owner_team', e.owner_team,
                          'assigned_agent', e.assigned_agent, 'status', e.status, 'opened_at', e.created_at)
  FROM docent.escalations e
  JOIN docent.integrations i ON i.organization_id = docent.current_organization() AND i.kind = 'ticket_webhook' AND i.is_enabled
 WHERE e.organization_id = docent.current_organization() AND e.id = $2
   AND jsonb_typeof(i.settings -> $3) = 'object'
   AND CASE WHEN $3 = 'create' THEN e.external_ticket_id IS NULL
            ELSE e.external_ticket_id IS NOT NULL AND (e.external_integration_id IS NULL OR e.external_integration_id = i.id)
                 OR EXISTS (SELECT FROM docent.deliveries d
                             WHERE d.organization_id = docent.current_organization() AND d.escalation_id = e.id
                               AND d.integration_id = i.id AND d.event = 'ticket.create' AND d.status <> 'failed') END
   AND ($3 <> 'status' OR jsonb_typeof(i.settings #> '{status,statuses}') IS DISTINCT FROM 'object'
        OR i.settings #> '{status,statuses}' ? e.status)
