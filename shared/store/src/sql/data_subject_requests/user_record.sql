SELECT u.id, u.email_ciphertext AS sealed, NULL::bytea AS sealed_client,
       to_jsonb(u) - '{organization_id,email_ciphertext,email_hash}'::text[] AS record
  FROM docent.users u
 WHERE u.organization_id = docent.current_organization() AND u.id = docent.user_of_subject($1)
