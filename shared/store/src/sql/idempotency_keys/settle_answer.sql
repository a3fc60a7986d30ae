UPDATE docent.idempotency_keys
   SET response = $3 || jsonb_build_object('cost', (
        SELECT m.cost::text FROM docent.messages m
         WHERE m.organization_id = docent.current_organization() AND m.id = $4))
 WHERE organization_id = docent.current_organization() AND caller_id = $1 AND key = $2
   -- Of a conversation that was erased while it was answered, nothing is kept.
   AND EXISTS (SELECT FROM docent.messages m WHERE m.organization_id = docent.current_organization() AND m.id = $4)
