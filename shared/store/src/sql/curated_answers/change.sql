UPDATE docent.curated_answers
   SET chatbot_id = $2, collection_id = $3, question = $4, answer = $5, source_url = $6, language = $7,
       search_vector = docent.words_vector($7, string_to_array($8, ' ')), is_active = $9
 WHERE organization_id = docent.current_organization() AND id = $1
