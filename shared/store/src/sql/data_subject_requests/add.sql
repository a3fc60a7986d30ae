-- Counts by name, added to those of before.
UPDATE docent.data_subject_requests d
   SET report = d.report || jsonb_build_object(
       'rows', (SELECT coalesce(jsonb_object_agg(c.name, c.number), '{}')
                  FROM (SELECT e.key AS name, sum(e.value::bigint) AS number
                          FROM (SELECT * FROM jsonb_each_text(coalesce(d.report -> 'rows', '{}'))
                                UNION ALL SELECT * FROM jsonb_each_text($2)) e GROUP BY e.key) c),
       'objects', (SELECT coalesce(jsonb_object_agg(c.name, c.number), '{}')
                  FROM (SELECT e.key AS name, sum(e.value::bigint) AS number
                          FROM (SELECT * FROM jsonb_each_text(coalesce(d.report -> 'objects', '{}'))
                                UNION ALL SELECT * FROM jsonb_each_text($3)) e GROUP BY e.key) c))
 WHERE d.organization_id = docent.current_organization() AND d.id = $1
