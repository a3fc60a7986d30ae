SELECT l.collection_id AS id, c.slug AS name, l.assigned_at
  FROM docent.chatbot_collections l
  JOIN docent.collections c ON c.organization_id = l.organization_id AND c.id = l.collection_id
 WHERE l.organization_id = docent.current_organization() AND l.chatbot_id = $1 AND NOT $2
 UNION ALL
SELECT l.document_id, d.s3_key, l.assigned_at
  FROM docent.chatbot_documents l
  JOIN docent.documents d ON d.organization_id = l.organization_id AND d.id = l.document_id
 WHERE l.organization_id = docent.current_organization() AND l.chatbot_id = $1 AND $2
 ORDER BY 2
