SET LOCAL ROLE docent_app
