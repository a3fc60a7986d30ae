UPDATE docent.sessions SET cancel_requested_at = clock_timestamp()
 WHERE organization_id = docent.current_organization() AND id = $1
