-- Spaces that chatbots search which read everything: what is dropped into a collection made later must be found in them too.
CREATE FUNCTION docent.spaces_searched_everywhere() RETURNS SETOF uuid
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT DISTINCT v.embedding_model
      FROM chatbots b
      JOIN config_versions v ON v.organization_id = current_organization() AND v.id = b.active_config_version_id
     WHERE b.organization_id = current_organization() AND v.embedding_model IS NOT NULL
       AND NOT EXISTS (SELECT FROM chatbot_collections l
                        WHERE l.organization_id = current_organization() AND l.chatbot_id = b.id)
       AND NOT EXISTS (SELECT FROM chatbot_documents l
                        WHERE l.organization_id = current_organization() AND l.chatbot_id = b.id)
$$;
REVOKE ALL ON FUNCTION docent.spaces_searched_everywhere() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION docent.spaces_searched_everywhere() TO docent_app;
