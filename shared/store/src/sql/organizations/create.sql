INSERT INTO docent.organizations (id, name, slug)
VALUES ($1, $2, $3)
