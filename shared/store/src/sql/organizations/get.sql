SELECT o.id, o.name, o.slug, o.subscription_tier, o.settings, o.created_at, o.updated_at,
       coalesce(b.tokens, 0) AS spent_tokens, coalesce(b.cost, 0)::text AS spent_cost
  FROM docent.organizations o
  LEFT JOIN docent.budgets b ON b.organization_id = docent.current_organization() AND b.subject_id = o.id
       AND b.day = (docent.today(o.settings)).day
 WHERE o.id = docent.current_organization()
