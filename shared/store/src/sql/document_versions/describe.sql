UPDATE docent.document_versions
   SET content_hash = $2, extractor = $3, segmenter = $4, chunk_size = $5, chunk_overlap = $6, manifest = $7,
       ocr_confidence = $8, unread_pages = $9
 WHERE organization_id = docent.current_organization() AND id = $1
