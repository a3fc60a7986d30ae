UPDATE docent.products
   SET name = $2, description = $3, category = $4, sku = $5, status = $6, metadata = $7,
       search_vector = docent.words_vector($8, $9)
 WHERE organization_id = docent.current_organization() AND id = $1
