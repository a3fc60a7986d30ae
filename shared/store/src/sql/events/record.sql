INSERT INTO docent.events (organization_id, id, event_type, event_category, severity, payload, session_id,
                           resource_type, resource_id)
SELECT docent.current_organization(), r.id, r.event_type, r.event_category, r.severity, r.payload,
       r.session_id, r.resource_type, r.resource_id
  FROM jsonb_to_recordset($1) AS r (id uuid, event_type text, event_category text, severity text,
       payload jsonb, session_id uuid, resource_type text, resource_id uuid)
