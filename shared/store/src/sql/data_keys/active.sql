SELECT id, sealed, kms_key_arn, created_at FROM docent.data_keys
 WHERE organization_id = docent.current_organization() AND state = 'active'
