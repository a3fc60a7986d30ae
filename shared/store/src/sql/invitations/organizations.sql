SELECT docent.organizations_inviting($1)
