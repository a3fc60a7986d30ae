SELECT docent.organizations_of_subject($1)
