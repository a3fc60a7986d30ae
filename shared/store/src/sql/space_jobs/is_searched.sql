SELECT EXISTS (
    SELECT FROM docent.chatbots b
      JOIN docent.config_versions v ON v.organization_id = b.organization_id AND v.id = b.active_config_version_id
     WHERE b.organization_id = docent.current_organization() AND v.embedding_model = $1) AS is_searched
