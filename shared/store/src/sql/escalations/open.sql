WITH opened AS (
    INSERT INTO docent.escalations (organization_id, id, session_id, chatbot_id, opened_by_kind, opened_by_id, reason, summary,
                                    details, owner_team, priority, external_ticket_id)
    SELECT docent.current_organization(), $1, s.id, s.chatbot_id, $3, $4, $5, $6, $7, $8, $9, $10
      FROM docent.sessions s
     WHERE s.organization_id = docent.current_organization() AND s.id = $2
    RETURNING id, session_id
)
UPDATE docent.sessions s
   SET status = CASE WHEN s.status IN ('active', 'expired') THEN 'escalated' ELSE s.status END
  FROM opened
 WHERE s.organization_id = docent.current_organization() AND s.id = opened.session_id
