-- Held for so many seconds; whoever comes meanwhile passes them over. To what is switched off nothing is sent, and a ticket's in
-- their order in each system: it is made before somebody says something of it. What was asked is read here, up to when the ticket
-- was opened: the same at every attempt.
WITH due AS (
    SELECT d.id, d.target_id, d.integration_id, d.escalation_id, d.note_id, d.message_id
      FROM docent.deliveries d
     WHERE d.organization_id = docent.current_organization() AND d.status = 'pending' AND d.next_attempt_at <= now()
       AND (EXISTS (SELECT FROM docent.notification_targets t
                     WHERE t.organization_id = docent.current_organization() AND t.id = d.target_id AND t.is_enabled)
            OR EXISTS (SELECT FROM docent.integrations i
                        WHERE i.organization_id = docent.current_organization() AND i.id = d.integration_id AND i.is_enabled)
               AND NOT EXISTS (SELECT FROM docent.deliveries b
                                WHERE b.organization_id = docent.current_organization() AND b.escalation_id = d.escalation_id
                                  AND b.integration_id = d.integration_id AND b.kind = 'ticket' AND b.status = 'pending' AND b.id < d.id))
     ORDER BY d.next_attempt_at, d.id
     LIMIT $2
       FOR UPDATE OF d SKIP LOCKED
)
UPDATE docent.deliveries d
   SET attempts = d.attempts + 1, next_attempt_at = now() + make_interval(secs => $1)
  FROM due
  JOIN docent.organizations o ON o.id = docent.current_organization()
  LEFT JOIN docent.notification_targets t
         ON t.organization_id = docent.current_organization() AND t.id = due.target_id
  LEFT JOIN docent.integrations i
         ON i.organization_id = docent.current_organization() AND i.id = due.integration_id
  LEFT JOIN docent.escalations e
         ON e.organization_id = docent.current_organization() AND e.id = due.escalation_id
  LEFT JOIN docent.escalation_notes n
         ON n.organization_id = docent.current_organization() AND n.id = due.note_id
  LEFT JOIN docent.messages m
         ON m.organization_id = docent.current_organization() AND m.id = due.message_id
 WHERE d.organization_id = docent.current_organization() AND d.id = due.id
RETURNING d.id, d.event, d.payload, d.attempts, d.created_at, o.slug,
          t.id AS target_id, t.kind AS target_kind, t.address,
          i.id AS integration_id, i.settings, i.authorization_ciphertext,
          coalesce(t.signing_number, i.signing_number) AS signing_number,
          coalesce(t.secret_ciphertext, i.secret_ciphertext) AS secret_ciphertext,
          d.escalation_id, d.note_id IS NULL AS is_public,
          CASE WHEN e.external_integration_id IS NULL OR e.external_integration_id = i.id
               THEN e.external_ticket_id END AS external_ticket_id,
          (SELECT q.content FROM docent.messages q
            WHERE q.organization_id = docent.current_organization() AND q.session_id = e.session_id AND q.role = 'user'
              AND q.created_at <= e.created_at
            ORDER BY q.sequence_number DESC
            LIMIT 1) AS question,
          (SELECT string_agg(q.role || ': ' || q.content, E'\n' ORDER BY q.sequence_number)
             FROM (SELECT x.sequence_number, x.role, x.content FROM docent.messages x
                    WHERE x.organization_id = docent.current_organization() AND x.session_id = e.session_id
                      AND x.created_at <= e.created_at
                    ORDER BY x.sequence_number DESC
                    LIMIT $3) q) AS transcript,
          coalesce(n.content, m.content) AS content, coalesce(n.author, m.metadata ->> 'author') AS author
