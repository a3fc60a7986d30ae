INSERT INTO docent.curated_answers (organization_id, id, chatbot_id, collection_id, document_id, question, answer, source_url,
                                    source, language, is_active, search_vector, created_by)
SELECT docent.current_organization(), r.id, r.chatbot, r.collection, $12, r.question, r.answer, r.source_url,
       $10, r.language, r.is_active, docent.words_vector(r.language, string_to_array(r.words, ' ')), $11
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
              $9::boolean[])
       AS r (id, chatbot, collection, question, answer, source_url, language, words, is_active)
