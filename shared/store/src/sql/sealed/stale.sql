-- Values of one column that another data key than this one seals, in the order of their rows, after one.
SELECT r.id, r.sealed
  FROM (SELECT u.id, u.email_ciphertext AS sealed FROM docent.users u
         WHERE u.organization_id = docent.current_organization() AND $1 = 'users.email'
        UNION ALL
        SELECT i.id, i.email_ciphertext FROM docent.invitations i
         WHERE i.organization_id = docent.current_organization() AND $1 = 'invitations.email'
        UNION ALL
        SELECT s.id, s.user_identifier_ciphertext FROM docent.sessions s
         WHERE s.organization_id = docent.current_organization() AND $1 = 'sessions.user_identifier'
        UNION ALL
        SELECT s.id, s.external_client_ciphertext FROM docent.sessions s
         WHERE s.organization_id = docent.current_organization() AND $1 = 'sessions.external_client_id'
        UNION ALL
        SELECT t.id, t.secret_ciphertext FROM docent.notification_targets t
         WHERE t.organization_id = docent.current_organization() AND $1 = 'notification_targets.secret'
        UNION ALL
        SELECT g.id, g.secret_ciphertext FROM docent.integrations g
         WHERE g.organization_id = docent.current_organization() AND $1 = 'integrations.secret'
        UNION ALL
        SELECT g.id, g.authorization_ciphertext FROM docent.integrations g
         WHERE g.organization_id = docent.current_organization() AND $1 = 'integrations.authorization') r
 WHERE r.sealed IS NOT NULL AND docent.data_key_of(r.sealed) IS DISTINCT FROM $2
   AND ($3::uuid IS NULL OR r.id > $3)
 ORDER BY r.id
 LIMIT $4
