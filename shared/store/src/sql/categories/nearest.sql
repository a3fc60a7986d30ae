-- The tenant is docent.current_organization(), taken by the function itself.
SELECT name, intent, centroid, examples, threshold FROM docent.nearest_categories($1, $2, $3, $4, $5)
