DELETE FROM docent.idempotency_keys r
 WHERE r.organization_id = docent.current_organization()
   AND (r.caller_id, r.key) IN (
        SELECT o.caller_id, o.key FROM docent.idempotency_keys o
         WHERE o.organization_id = docent.current_organization() AND o.created_at < now() - make_interval(hours => $1)
         LIMIT $2)
