-- Exports that may hold something of these sessions, or of the person of this request.
SELECT o.id
  FROM docent.data_subject_requests o
 WHERE o.organization_id = docent.current_organization() AND o.kind = 'export' AND o.id <> $1
   AND o.status <> 'failed' AND o.export_removed_at IS NULL
   AND (EXISTS (SELECT FROM docent.sessions s
                  LEFT JOIN docent.users u ON u.organization_id = docent.current_organization() AND u.id = s.user_id
                 WHERE s.organization_id = docent.current_organization() AND s.id = ANY ($2)
                   AND (o.session_id = s.id OR o.user_id = s.user_id OR o.email_hash = u.email_hash
                        OR o.user_identifier_hash = s.user_identifier_hash
                        OR o.external_client_hash = s.external_client_hash))
     OR EXISTS (SELECT FROM docent.data_subject_requests r
                  LEFT JOIN docent.users u
                    ON u.organization_id = docent.current_organization() AND u.id = docent.user_of_subject(r.id)
                 WHERE r.organization_id = docent.current_organization() AND r.id = $1
                   AND (o.user_id = u.id OR o.email_hash IN (r.email_hash, u.email_hash)
                        OR o.user_identifier_hash = r.user_identifier_hash
                        OR o.external_client_hash = r.external_client_hash)))
 ORDER BY o.id
