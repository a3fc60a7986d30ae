INSERT INTO docent.chunks (organization_id, document_id, document_version_id, id, chunk_index, content,
                           chunk_type, headings, section_title, page_number, byte_from, byte_to, token_count,
                           language, search_vector, word_count, confidence_score, metadata, is_active, source_hash,
                           context)
SELECT docent.current_organization(), $1, $2, r.id, r.index, r.content, r.chunk_type,
       h.headings, h.headings[cardinality(h.headings)], r.page, r.byte_from, r.byte_to, r.tokens,
       r.language, docent.words_vector(r.language, string_to_array(r.words, ' ')), r.word_count, r.confidence, $19,
       r.is_active, r.source_hash, r.context
  FROM unnest($3::uuid[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::integer[], $9::bigint[], $10::bigint[],
              $11::integer[], $12::text[], $13::text[], $14::integer[], $15::real[], $16::boolean[], $17::bytea[],
              $18::text[])
       AS r (id, index, content, chunk_type, headings, page, byte_from, byte_to, tokens, language, words, word_count,
             confidence, is_active, source_hash, context)
 -- Lists of lists are not rectangular, as arrays of arrays must be: a path of headings travels as one text.
 CROSS JOIN LATERAL (SELECT CASE WHEN r.headings = '' THEN '{}'::text[]
                                 ELSE string_to_array(r.headings, E'\x1f') END AS headings) h
