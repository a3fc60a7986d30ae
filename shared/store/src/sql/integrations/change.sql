UPDATE docent.integrations
   SET name = $2, settings = $3, is_enabled = $4,
       authorization_ciphertext = CASE WHEN $5 THEN $6 ELSE authorization_ciphertext END
 WHERE organization_id = docent.current_organization() AND id = $1
