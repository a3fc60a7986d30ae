DELETE FROM docent.invitations WHERE organization_id = docent.current_organization() AND id = $1
