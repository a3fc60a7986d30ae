UPDATE docent.organizations SET name = $1, settings = settings || $2
 WHERE id = docent.current_organization()
