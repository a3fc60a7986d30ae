SELECT id FROM docent.organizations WHERE id = docent.current_organization() FOR UPDATE
