INSERT INTO docent.web_sources (organization_id, id, collection_id, kind, url, every_hours)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5)
