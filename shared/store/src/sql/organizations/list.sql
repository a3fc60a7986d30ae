SELECT docent.organizations_for_schedules()
