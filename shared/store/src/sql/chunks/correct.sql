UPDATE docent.chunks c
   SET content = $2, token_count = $3, word_count = $5,
       search_vector = docent.words_vector(c.language, string_to_array($4, ' '))
 WHERE c.organization_id = docent.current_organization() AND c.id = $1
