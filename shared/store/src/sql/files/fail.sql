UPDATE docent.files
   SET status = 'failed', failure = $3, sha256 = NULL, format = NULL, language = 'und', extracted_characters = NULL,
       text = NULL, data_summary = NULL
 WHERE organization_id = docent.current_organization() AND id = $1 AND etag = $2
