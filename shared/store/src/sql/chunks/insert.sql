INSERT INTO docent.chunks (organization_id, document_id, document_version_id, id, chunk_index, content,
                           headings, section_title, page_number, byte_from, byte_to, token_count, language,
                           search_vector, word_count, confidence_score)
SELECT docent.current_organization(), $1, $2, r.id, r.index, r.content,
       r.headings, r.headings[cardinality(r.headings)], r.page, r.byte_from, r.byte_to, r.tokens, r.language,
       docent.words_vector(r.language, r.words), r.word_count, 1
  FROM jsonb_to_recordset($3) AS r (id uuid, index integer, content text, headings text[], page integer,
       byte_from bigint, byte_to bigint, tokens integer, language text, words text[], word_count integer)
