SELECT docent.organization_of_slug($1)
