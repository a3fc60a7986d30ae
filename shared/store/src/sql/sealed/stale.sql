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
         WHERE s.organization_id = docent.current_organization() AND $1 = 'sessions.external_client_id') r
 WHERE r.sealed IS NOT NULL AND docent.data_key_of(r.sealed) IS DISTINCT FROM $2
   AND ($3::uuid IS NULL OR r.id > $3)
 ORDER BY r.id
 LIMIT $4
