-- Collections that the chatbot reads, of which a passage has no vector in the space.
SELECT DISTINCT col.slug
  FROM docent.documents d
  JOIN docent.collections col ON col.organization_id = d.organization_id AND col.id = d.collection_id
 WHERE d.organization_id = docent.current_organization() AND d.active_version_id IS NOT NULL AND d.chunk_count > 0
   AND (EXISTS (SELECT FROM docent.chatbot_documents l WHERE l.organization_id = docent.current_organization()
                 AND l.chatbot_id = $1 AND l.document_id = d.id)
     OR EXISTS (SELECT FROM docent.chatbot_collections l WHERE l.organization_id = docent.current_organization()
                 AND l.chatbot_id = $1 AND l.collection_id = d.collection_id)
     OR NOT EXISTS (SELECT FROM docent.chatbot_documents l WHERE l.organization_id = docent.current_organization()
                     AND l.chatbot_id = $1)
        AND NOT EXISTS (SELECT FROM docent.chatbot_collections l WHERE l.organization_id = docent.current_organization()
                         AND l.chatbot_id = $1))
   AND EXISTS (SELECT FROM docent.chunks c
                WHERE c.organization_id = docent.current_organization() AND c.document_version_id = d.active_version_id
                  AND NOT EXISTS (SELECT FROM docent.embeddings e
                                   WHERE e.organization_id = docent.current_organization() AND e.chunk_id = c.id
                                     AND e.space_id = $2))
 ORDER BY col.slug
 LIMIT 20
