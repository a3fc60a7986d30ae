SELECT n.id, n.author, n.content, n.created_at
  FROM docent.escalation_notes n
 WHERE n.organization_id = docent.current_organization() AND n.escalation_id = $1
 ORDER BY n.id
