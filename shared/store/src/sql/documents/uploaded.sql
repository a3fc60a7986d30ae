-- When the object was written. What had gone of an older upload begins anew with this one; the same object that is about to go
-- changes nothing.
UPDATE docent.documents
   SET uploaded_at = $3, original_removed_at = NULL, original_is_deleted = false, text_removed_at = NULL,
       embeddings_removed_at = NULL
 WHERE organization_id = docent.current_organization() AND s3_bucket = $1 AND s3_key = $2
   AND uploaded_at IS DISTINCT FROM $3
   -- S3 says it to the second.
   AND $3 >= coalesce(date_trunc('second', greatest(original_removed_at, text_removed_at, embeddings_removed_at)), '-infinity')
