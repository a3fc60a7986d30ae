-- An agent's words, to where the conversation is had. Nothing sends there yet.
INSERT INTO docent.deliveries (organization_id, id, kind, status, session_id, escalation_id, message_id, channel, event, payload)
SELECT docent.current_organization(), $1, 'channel', 'waiting', s.id, $2, $4, s.platform, 'agent.replied',
       jsonb_build_object('session_id', s.id, 'escalation_id', $2::uuid, 'message_id', $4::uuid, 'sequence_number', $5::integer)
  FROM docent.sessions s
 WHERE s.organization_id = docent.current_organization() AND s.id = $3
