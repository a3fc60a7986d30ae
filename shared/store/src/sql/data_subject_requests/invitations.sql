SELECT i.id, i.email_ciphertext AS sealed, NULL::bytea AS sealed_client,
       to_jsonb(i) - '{organization_id,email_ciphertext,email_hash}'::text[] AS record
  FROM docent.data_subject_requests r
  LEFT JOIN docent.users u ON u.organization_id = docent.current_organization() AND u.id = docent.user_of_subject(r.id)
  JOIN docent.invitations i
    ON i.organization_id = docent.current_organization() AND (i.user_id = u.id OR i.email_hash IN (r.email_hash, u.email_hash))
 WHERE r.organization_id = docent.current_organization() AND r.id = $1
 ORDER BY i.id
