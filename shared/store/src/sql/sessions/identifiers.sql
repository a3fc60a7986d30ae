SELECT user_identifier_ciphertext, external_client_ciphertext FROM docent.sessions
 WHERE organization_id = docent.current_organization() AND id = $1
