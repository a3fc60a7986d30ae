-- Spaces of collections that no active config version of a chatbot searches, beside the one that new documents
-- are cut for, and that are not being built or cleaned up.
SELECT m.collection_id, m.space_id
  FROM docent.collection_spaces m
  JOIN docent.collections c ON c.organization_id = m.organization_id AND c.id = m.collection_id
 WHERE m.organization_id = docent.current_organization() AND m.state = 'ready' AND c.space_id <> m.space_id
   AND NOT EXISTS (
        SELECT FROM docent.chatbots b
          JOIN docent.config_versions v
            ON v.organization_id = b.organization_id AND v.id = b.active_config_version_id
         WHERE b.organization_id = docent.current_organization() AND v.embedding_model = m.space_id)
