SELECT p.id, p.name, p.description, p.category, p.sku, p.status, p.metadata, p.created_at, p.updated_at,
       (SELECT count(*) FROM docent.documents d
         WHERE d.organization_id = docent.current_organization() AND d.product_id = p.id) AS documents
  FROM docent.products p
 WHERE p.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR p.id = $1)
   AND ($2::text IS NULL OR p.category = $2)
   AND ($3::text IS NULL OR p.status = $3)
   AND ($4::text IS NULL OR position(lower($4) IN lower(concat_ws(' ', p.name, p.sku))) > 0)
   AND ($5::uuid IS NULL OR p.id < $5)
 ORDER BY p.id DESC
 LIMIT $6
