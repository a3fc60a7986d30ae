-- What sessions/turn_context says of a session's chatbot, of the one that chatbots/talking finds for $1: a session of it would
-- be active.
SELECT 'active' AS status, c.is_exact, a.*, l.redacted, l.is_limited, l.exceeded, l.seconds_left,
       o.settings #>> '{pii_policy,names_model}' AS names_model
  FROM (
    SELECT c.id, c.id::text = lower($1) OR c.name = $1 AS is_exact
      FROM docent.chatbots c
     WHERE c.organization_id = docent.current_organization() AND c.status IN ('active', 'testing')
       AND c.active_config_version_id IS NOT NULL
       AND (c.id::text = lower($1) OR c.name = $1
            OR trim(BOTH '-' FROM regexp_replace(lower(c.name), '[[:space:][:punct:]]+', '-', 'g'))
             = trim(BOTH '-' FROM regexp_replace(lower($1), '[[:space:][:punct:]]+', '-', 'g')))
     ORDER BY (c.id::text = lower($1)) DESC, (c.name = $1) DESC
     LIMIT 2) c
 CROSS JOIN LATERAL docent.answering_of(c.id) a
 CROSS JOIN LATERAL docent.limits_of(c.id) l
  JOIN docent.organizations o ON o.id = docent.current_organization()
 ORDER BY (a.chatbot_id::text = lower($1)) DESC, c.is_exact DESC
