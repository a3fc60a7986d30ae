SELECT coalesce(cancel_requested_at > $2, false) AS is_cancelled FROM docent.sessions
 WHERE organization_id = docent.current_organization() AND id = $1
