SELECT slug FROM docent.organizations WHERE id = docent.current_organization()
