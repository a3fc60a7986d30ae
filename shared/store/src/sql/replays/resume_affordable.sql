-- Those that waited for a budget that there is by now.
UPDATE docent.replays r
   SET status = 'queued', error = NULL
 WHERE r.organization_id = docent.current_organization() AND r.status = 'paused'
   AND (SELECT l.exceeded FROM docent.limits_of(r.chatbot_id) l) IS NULL
RETURNING r.id
