-- Those that answer at present, by name; $1: one of them, by id, by name or, where no other is called so, by the name as a
-- slug; null: all. What matches best comes first.
SELECT c.id, c.name, c.description, c.created_at, c.status = 'active' AS is_active,
       coalesce(c.id::text = lower($1) OR c.name = $1, false) AS is_exact
  FROM docent.chatbots c
 WHERE c.organization_id = docent.current_organization() AND c.status IN ('active', 'testing')
   AND c.active_config_version_id IS NOT NULL
   AND ($1::text IS NULL OR c.id::text = lower($1) OR c.name = $1
        OR trim(BOTH '-' FROM regexp_replace(lower(c.name), '[[:space:][:punct:]]+', '-', 'g'))
         = trim(BOTH '-' FROM regexp_replace(lower($1), '[[:space:][:punct:]]+', '-', 'g')))
 ORDER BY (c.id::text = lower($1)) DESC, (c.name = $1) DESC, c.name
 LIMIT $2
