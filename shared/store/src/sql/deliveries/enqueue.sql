-- One for each target that is told of such a severity; of one target alone, whatever it wants to hear, where it is named.
INSERT INTO docent.deliveries (organization_id, id, target_id, event, payload)
SELECT docent.current_organization(), ($5::uuid[])[t.place], t.id, $1, $2
  FROM (SELECT n.id, row_number() OVER (ORDER BY n.id) AS place
          FROM docent.notification_targets n
         WHERE n.organization_id = docent.current_organization() AND n.is_enabled
           AND CASE WHEN $4::uuid IS NULL
                    THEN array_position(ARRAY['info', 'warning', 'critical'], n.severity)
                         <= array_position(ARRAY['info', 'warning', 'critical'], $3)
                    ELSE n.id = $4 END) t
