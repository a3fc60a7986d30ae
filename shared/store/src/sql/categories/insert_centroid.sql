INSERT INTO docent.category_centroids (organization_id, chatbot_id, category_id, space_id, threshold, vector)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5::real[]::vector::halfvec)
