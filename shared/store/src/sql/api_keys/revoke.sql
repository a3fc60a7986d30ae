UPDATE docent.api_keys SET revoked_at = coalesce(revoked_at, now())
 WHERE organization_id = docent.current_organization() AND id = $1
