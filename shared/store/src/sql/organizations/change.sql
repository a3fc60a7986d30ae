UPDATE docent.organizations SET name = $1, settings = $2
 WHERE id = docent.current_organization()
