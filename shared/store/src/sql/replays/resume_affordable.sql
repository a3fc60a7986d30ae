-- Those that waited for a budget that there is by now; and those that are to go on and that nobody has touched for so many seconds:
-- their message was never sent. Being touched here, they are told of again only after as many.
UPDATE docent.replays r
   SET status = CASE r.status WHEN 'paused' THEN 'queued' ELSE r.status END,
       error = CASE r.status WHEN 'paused' THEN NULL ELSE r.error END
 WHERE r.organization_id = docent.current_organization()
   AND CASE WHEN r.status = 'paused' THEN (SELECT l.exceeded FROM docent.limits_of(r.chatbot_id) l) IS NULL
            ELSE r.status IN ('queued', 'running') AND r.updated_at < now() - make_interval(secs => $1)
                 AND (r.worked_until IS NULL OR r.worked_until < now()) END
RETURNING r.id
