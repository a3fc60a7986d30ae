SELECT slug, name FROM docent.organizations WHERE id = docent.current_organization()
