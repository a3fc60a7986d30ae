INSERT INTO docent.data_subject_requests (organization_id, id, kind, subject_kind, user_id, session_id, email_hash,
                                          user_identifier_hash, external_client_hash, created_by)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8, $9)
