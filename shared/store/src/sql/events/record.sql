INSERT INTO docent.events (organization_id, id, event_type, event_category, severity, payload, session_id, user_id,
                           api_key_id, resource_type, resource_id, ip_address, user_agent)
SELECT docent.current_organization(), r.id, r.event_type, r.event_category, r.severity, r.payload, r.session_id, r.user_id,
       r.api_key_id, r.resource_type, r.resource_id, r.ip_address, r.user_agent
  FROM jsonb_to_recordset($1) AS r (id uuid, event_type text, event_category text, severity text, payload jsonb,
       session_id uuid, user_id uuid, api_key_id uuid, resource_type text, resource_id uuid, ip_address inet, user_agent text)
