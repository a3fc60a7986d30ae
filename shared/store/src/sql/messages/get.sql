-- A message with whom its conversation is, and whose; one id, one partition.
SELECT m.session_id, s.chatbot_id, s.user_id AS owner, s.is_shared, m.role, m.content, m.confidence, m.abstained, m.config_version_id
  FROM docent.messages m
  JOIN docent.sessions s ON s.organization_id = m.organization_id AND s.id = m.session_id
 WHERE m.organization_id = docent.current_organization() AND m.id = $1
