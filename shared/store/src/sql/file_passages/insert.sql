INSERT INTO docent.file_passages (organization_id, id, file_id, place, page_number, headings, content, language, search_vector)
SELECT docent.current_organization(), r.id, $1, r.place, r.page_number, r.headings, r.content, r.language,
       docent.words_vector(r.language, r.words)
  FROM jsonb_to_recordset($2) AS r (id uuid, place integer, page_number integer, headings text[], content text,
       language text, words text[])
