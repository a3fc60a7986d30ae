UPDATE docent.idempotency_keys SET response = $3
 WHERE organization_id = docent.current_organization() AND caller_id = $1 AND key = $2
