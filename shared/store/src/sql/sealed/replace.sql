-- What was changed or deleted in the meantime stays as it is.
WITH given AS (
    SELECT g.id, g.was, g.becomes FROM unnest($2::uuid[], $3::bytea[], $4::bytea[]) AS g (id, was, becomes)
), of_users AS (
    UPDATE docent.users u SET email_ciphertext = g.becomes FROM given g
     WHERE u.organization_id = docent.current_organization() AND $1 = 'users.email'
       AND u.id = g.id AND u.email_ciphertext = g.was
    RETURNING u.id
), of_invitations AS (
    UPDATE docent.invitations i SET email_ciphertext = g.becomes FROM given g
     WHERE i.organization_id = docent.current_organization() AND $1 = 'invitations.email'
       AND i.id = g.id AND i.email_ciphertext = g.was
    RETURNING i.id
), of_sessions AS (
    UPDATE docent.sessions s
       SET user_identifier_ciphertext =
               CASE WHEN $1 = 'sessions.user_identifier' THEN g.becomes ELSE s.user_identifier_ciphertext END,
           external_client_ciphertext =
               CASE WHEN $1 = 'sessions.external_client_id' THEN g.becomes ELSE s.external_client_ciphertext END
      FROM given g
     WHERE s.organization_id = docent.current_organization() AND s.id = g.id
       AND ($1 = 'sessions.user_identifier' AND s.user_identifier_ciphertext = g.was
            OR $1 = 'sessions.external_client_id' AND s.external_client_ciphertext = g.was)
    RETURNING s.id
), of_targets AS (
    UPDATE docent.notification_targets t SET secret_ciphertext = g.becomes FROM given g
     WHERE t.organization_id = docent.current_organization() AND $1 = 'notification_targets.secret'
       AND t.id = g.id AND t.secret_ciphertext = g.was
    RETURNING t.id
), of_integrations AS (
    UPDATE docent.integrations n
       SET secret_ciphertext = CASE WHEN $1 = 'integrations.secret' THEN g.becomes ELSE n.secret_ciphertext END,
           authorization_ciphertext =
               CASE WHEN $1 = 'integrations.authorization' THEN g.becomes ELSE n.authorization_ciphertext END
      FROM given g
     WHERE n.organization_id = docent.current_organization() AND n.id = g.id
       AND ($1 = 'integrations.secret' AND n.secret_ciphertext = g.was
            OR $1 = 'integrations.authorization' AND n.authorization_ciphertext = g.was)
    RETURNING n.id
)
SELECT (SELECT count(*) FROM of_users) + (SELECT count(*) FROM of_invitations)
     + (SELECT count(*) FROM of_sessions) + (SELECT count(*) FROM of_targets)
     + (SELECT count(*) FROM of_integrations) AS replaced
