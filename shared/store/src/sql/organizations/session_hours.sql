SELECT least(greatest(CASE WHEN jsonb_typeof(settings -> 'session_expiry_hours') = 'number'
                           THEN (settings ->> 'session_expiry_hours')::double precision ELSE $1 END, 0), $2) AS hours
  FROM docent.organizations WHERE id = docent.current_organization()
