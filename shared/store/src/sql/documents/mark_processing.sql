UPDATE docent.documents
   SET processing_status = 'processing', failure = NULL, file_size = $2, mime_type = $3
 WHERE organization_id = docent.current_organization() AND id = $1
