DELETE FROM docent.idempotency_keys
 WHERE organization_id = docent.current_organization() AND caller_id = $1 AND key = $2 AND response IS NULL
