-- An id comes first: a SKU may look like one.
SELECT id FROM docent.products
 WHERE organization_id = docent.current_organization() AND (id::text = lower($1) OR sku = $1)
 ORDER BY (id::text = lower($1)) DESC
 LIMIT 1
