SELECT u.id, u.external_id FROM docent.users u
 WHERE u.organization_id = docent.current_organization() AND u.id = docent.user_of_subject($1)
