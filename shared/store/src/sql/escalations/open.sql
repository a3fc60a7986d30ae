WITH opened AS (
    INSERT INTO docent.escalations (organization_id, id, session_id, chatbot_id, opened_by_kind, opened_by_id, reason, summary,
                                    details, owner_team, priority, external_ticket_id, external_integration_id)
    SELECT docent.current_organization(), $1, s.id, s.chatbot_id, $3, $4, $5, $6, $7, $8, $9, $10, i.id
      FROM docent.sessions s
      -- What it is called elsewhere, it is called in the system that there is at this moment.
      LEFT JOIN docent.integrations i
             ON $10::text IS NOT NULL AND i.organization_id = docent.current_organization() AND i.kind = 'ticket_webhook' AND i.is_enabled
     WHERE s.organization_id = docent.current_organization() AND s.id = $2
    RETURNING id, session_id
)
UPDATE docent.sessions s
   SET status = CASE WHEN s.status IN ('active', 'expired') THEN 'escalated' ELSE s.status END
  FROM opened
 WHERE s.organization_id = docent.current_organization() AND s.id = opened.session_id
