-- What a chatbot reads, as docent.search_chunks says it.
SELECT count(*) AS documents, count(DISTINCT d.collection_id) AS collections
  FROM docent.chatbots c
  JOIN docent.documents d ON d.organization_id = c.organization_id AND d.active_version_id IS NOT NULL
 CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM docent.chatbot_documents l
                    WHERE l.organization_id = docent.current_organization() AND l.chatbot_id = c.id)
        OR EXISTS (SELECT FROM docent.chatbot_collections l
                    WHERE l.organization_id = docent.current_organization() AND l.chatbot_id = c.id) AS is_linked) b
 WHERE c.organization_id = docent.current_organization() AND c.id = $1
   AND (NOT c.knowledge_base_filter ? 'document_types' OR c.knowledge_base_filter -> 'document_types' ? d.document_type)
   AND (NOT c.knowledge_base_filter ? 'languages' OR c.knowledge_base_filter -> 'languages' ? d.language)
   AND (NOT c.knowledge_base_filter ? 'product_ids' OR c.knowledge_base_filter -> 'product_ids' ? d.product_id::text)
   AND (NOT b.is_linked
        OR EXISTS (SELECT FROM docent.chatbot_documents l
                    WHERE l.organization_id = docent.current_organization() AND l.chatbot_id = c.id
                      AND l.document_id = d.id)
        OR EXISTS (SELECT FROM docent.chatbot_collections l
                    WHERE l.organization_id = docent.current_organization() AND l.chatbot_id = c.id
                      AND l.collection_id = d.collection_id))
