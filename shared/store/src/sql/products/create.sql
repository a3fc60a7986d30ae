INSERT INTO docent.products (organization_id, id, name, description, category, sku, status, metadata, search_vector)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7,
        docent.words_vector($8, $9))
