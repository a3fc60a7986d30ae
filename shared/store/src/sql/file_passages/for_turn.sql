-- The tenant is docent.current_organization(), taken by the function itself.
SELECT id, file_id, filename, page_number, headings, content, language, lexical, coverage
  FROM docent.passages_of_files($1, $2, $3)
