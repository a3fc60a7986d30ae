-- Who reads what, told in the flush that reads it: so there is a row only where the caller is let in and what is read is
-- there. The caller was looked up, and a token taken, just before; who holds the session reads their own.
INSERT INTO docent.events (organization_id, id, event_type, event_category, payload, session_id, user_id, api_key_id,
                           resource_type, resource_id, ip_address, user_agent)
SELECT docent.current_organization(), $1::uuid, $2::text, 'audit', $3::jsonb, $4::uuid, who.user_id, who.api_key_id,
       $5::text, $6::uuid, $7::inet, $8::text
  FROM (SELECT NULL::uuid AS user_id, k.id AS api_key_id
          FROM docent.api_keys k
         WHERE k.organization_id = docent.current_organization() AND k.id = $9 AND k.hash = $10
           AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()) AND $11 = ANY (k.scopes)
        UNION ALL
        SELECT u.id, NULL
          FROM docent.users u
         WHERE u.organization_id = docent.current_organization() AND u.external_id = $12 AND u.role = ANY ($13)
           AND NOT EXISTS (SELECT FROM docent.sessions s
                            WHERE s.organization_id = docent.current_organization() AND s.id = $4 AND s.user_id = u.id)) who
 WHERE NOT EXISTS (SELECT FROM docent.rate_limits l
                    WHERE l.organization_id = docent.current_organization()
                      AND l.subject_id = coalesce(who.user_id, who.api_key_id) AND l.is_exceeded)
   AND CASE WHEN $6::uuid IS NULL THEN true
            WHEN $5 = 'document' THEN EXISTS (SELECT FROM docent.documents t
                WHERE t.organization_id = docent.current_organization() AND t.id = $6)
            WHEN $5 = 'chunk' THEN EXISTS (SELECT FROM docent.chunks t
                WHERE t.organization_id = docent.current_organization() AND t.id = $6)
            WHEN $5 = 'session' THEN EXISTS (SELECT FROM docent.sessions t
                WHERE t.organization_id = docent.current_organization() AND t.id = $6)
            WHEN $5 = 'message' THEN EXISTS (SELECT FROM docent.messages t
                WHERE t.organization_id = docent.current_organization() AND t.id = $6)
            WHEN $5 = 'file' THEN EXISTS (SELECT FROM docent.files t
                WHERE t.organization_id = docent.current_organization() AND t.id = $6 AND t.session_id = $4)
            WHEN $5 = 'escalation' THEN EXISTS (SELECT FROM docent.escalations t
                WHERE t.organization_id = docent.current_organization() AND t.id = $6)
            WHEN $5 = 'replay' THEN EXISTS (SELECT FROM docent.replays t
                WHERE t.organization_id = docent.current_organization() AND t.id = $6)
            WHEN $5 = 'api_key' THEN EXISTS (SELECT FROM docent.api_keys t
                WHERE t.organization_id = docent.current_organization() AND t.id = $6)
            ELSE false END
