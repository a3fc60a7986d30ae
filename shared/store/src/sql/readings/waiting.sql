-- Whether the organization has a model read messages, some wait for it, and nobody is at it.
SELECT o.settings ->> 'understanding_model' IS NOT NULL
       AND EXISTS (SELECT FROM docent.messages m
                    WHERE m.organization_id = docent.current_organization() AND m.role = 'user' AND NOT m.metadata ? 'reading'
                      AND m.created_at >= now() - make_interval(hours => $1::integer)
                      AND m.id >= docent.uuid_at(now() - make_interval(hours => $1::integer + 1)))
       AND NOT EXISTS (SELECT FROM docent.messages m
                        WHERE m.organization_id = docent.current_organization() AND m.role = 'user'
                          AND m.metadata #>> '{reading,status}' = 'claimed'
                          AND (m.metadata #>> '{reading,at}')::timestamptz >= now() - make_interval(secs => $2::integer)
                          AND m.created_at >= now() - make_interval(hours => $1::integer)
                          AND m.id >= docent.uuid_at(now() - make_interval(hours => $1::integer + 1))) AS is_waiting
  FROM docent.organizations o
 WHERE o.id = docent.current_organization()
