SELECT a.id, a.chatbot_id, a.collection_id, c.slug AS collection, a.document_id, a.question, a.answer, a.source_url,
       a.source, a.language, a.is_active, a.created_at, a.updated_at
  FROM docent.curated_answers a
  LEFT JOIN docent.collections c ON c.organization_id = a.organization_id AND c.id = a.collection_id
 WHERE a.organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR a.id = $1)
   AND ($2::uuid IS NULL OR a.chatbot_id = $2)
   AND ($3::text IS NULL OR c.slug = $3)
   AND ($4::uuid IS NULL OR a.id < $4)
 ORDER BY a.id DESC
 LIMIT $5
