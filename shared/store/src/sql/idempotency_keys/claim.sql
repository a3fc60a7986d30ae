WITH caller AS (
    SELECT $1::uuid AS id
     WHERE EXISTS (SELECT FROM docent.api_keys
                    WHERE organization_id = docent.current_organization() AND id = $1 AND hash = $2
                      AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))
        OR EXISTS (SELECT FROM docent.users
                    WHERE organization_id = docent.current_organization() AND external_id = $7)
        OR EXISTS (SELECT FROM docent.sessions
                    WHERE organization_id = docent.current_organization() AND id = $8)
), swept AS (
    DELETE FROM docent.idempotency_keys o USING caller
     WHERE o.organization_id = docent.current_organization() AND o.caller_id = caller.id AND o.key <> $3
       AND o.created_at < now() - make_interval(hours => $6)
), ours AS (
    INSERT INTO docent.idempotency_keys AS k (organization_id, caller_id, key, fingerprint)
    SELECT docent.current_organization(), caller.id, $3, $4 FROM caller
    ON CONFLICT (organization_id, caller_id, key) DO UPDATE
       SET fingerprint = excluded.fingerprint, response = NULL, created_at = now()
     -- Whoever did it died over it, or it is a day ago.
     WHERE k.created_at < now() - make_interval(hours => $6)
        OR k.response IS NULL AND k.created_at < now() - make_interval(secs => $5)
    RETURNING 1
)
SELECT EXISTS (SELECT FROM ours) AS is_ours, k.fingerprint, k.response
  FROM (VALUES (1)) AS one (row)
  LEFT JOIN docent.idempotency_keys k
         ON k.organization_id = docent.current_organization() AND k.caller_id = $1 AND k.key = $3
