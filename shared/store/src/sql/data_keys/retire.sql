UPDATE docent.data_keys SET state = 'retired', retired_at = now()
 WHERE organization_id = docent.current_organization() AND id = $1 AND state = 'active'
