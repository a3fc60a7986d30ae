-- Once nothing names it, and no process can still seal with it.
DELETE FROM docent.data_keys k
 WHERE k.organization_id = docent.current_organization() AND k.state = 'retired'
   AND k.retired_at < now() - make_interval(hours => $1)
   AND NOT EXISTS (SELECT FROM docent.users u
                    WHERE u.organization_id = docent.current_organization()
                      AND docent.data_key_of(u.email_ciphertext) = k.id)
   AND NOT EXISTS (SELECT FROM docent.invitations i
                    WHERE i.organization_id = docent.current_organization()
                      AND docent.data_key_of(i.email_ciphertext) = k.id)
   AND NOT EXISTS (SELECT FROM docent.sessions s
                    WHERE s.organization_id = docent.current_organization()
                      AND k.id IN (docent.data_key_of(s.user_identifier_ciphertext),
                                   docent.data_key_of(s.external_client_ciphertext)))
   AND NOT EXISTS (SELECT FROM docent.notification_targets t
                    WHERE t.organization_id = docent.current_organization()
                      AND docent.data_key_of(t.secret_ciphertext) = k.id)
   AND NOT EXISTS (SELECT FROM docent.integrations g
                    WHERE g.organization_id = docent.current_organization()
                      AND k.id IN (docent.data_key_of(g.secret_ciphertext),
                                   docent.data_key_of(g.authorization_ciphertext)))
