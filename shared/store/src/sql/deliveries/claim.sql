-- Held for so many seconds; whoever comes meanwhile passes them over. Of a target that is switched off nothing is sent.
WITH due AS (
    SELECT d.id
      FROM docent.deliveries d
      JOIN docent.notification_targets t
        ON t.organization_id = docent.current_organization() AND t.id = d.target_id AND t.is_enabled
     WHERE d.organization_id = docent.current_organization() AND d.status = 'pending' AND d.next_attempt_at <= now()
     ORDER BY d.next_attempt_at
     LIMIT $2
       FOR UPDATE OF d SKIP LOCKED
)
UPDATE docent.deliveries d
   SET attempts = d.attempts + 1, next_attempt_at = now() + make_interval(secs => $1)
  FROM due, docent.notification_targets t
 WHERE d.organization_id = docent.current_organization() AND d.id = due.id
   AND t.organization_id = docent.current_organization() AND t.id = d.target_id
RETURNING d.id, d.event, d.payload, d.attempts, d.created_at, t.id AS target_id, t.address, t.signing_number
