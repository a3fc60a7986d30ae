UPDATE docent.files
   SET status = 'completed', failure = NULL, sha256 = $3, format = $4, language = $5, extracted_characters = $6,
       text = $7, data_summary = $8
 WHERE organization_id = docent.current_organization() AND id = $1 AND etag = $2
