UPDATE docent.users SET email_ciphertext = $2
 WHERE organization_id = docent.current_organization() AND id = $1 AND email_ciphertext IS NULL
