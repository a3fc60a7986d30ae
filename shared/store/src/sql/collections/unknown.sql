SELECT EXISTS (
    SELECT FROM unnest($1::text[]) AS asked (slug)
     WHERE NOT EXISTS (SELECT FROM docent.collections c
                        WHERE c.organization_id = docent.current_organization() AND c.slug = asked.slug)
) AS is_unknown
