DELETE FROM docent.messages r
 WHERE r.organization_id = docent.current_organization() AND r.id < $1
   AND r.id IN (SELECT o.id FROM docent.messages o
                 WHERE o.organization_id = docent.current_organization() AND o.id < $1 LIMIT $2)
   -- What goes because its time has passed stays counted.
   AND (SELECT set_config('docent.sweeping', 'on', true)) = 'on'
