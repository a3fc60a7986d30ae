-- Without a fingerprint a document is processed again when its key is looked at; without a recipe it is read anew
-- instead of being copied from itself.
WITH wanted AS MATERIALIZED (
    SELECT id, s3_key FROM docent.documents
     WHERE organization_id = docent.current_organization() AND s3_bucket = $1
       AND ($2::uuid IS NULL OR id = $2) AND ($3::uuid IS NULL OR collection_id = $3)
       AND ($4::text IS NULL OR processing_status = $4)
       -- What has gone because its time had passed comes again by a new upload alone.
       AND num_nonnulls(original_removed_at, text_removed_at, embeddings_removed_at) = 0
), unsettled AS (
    UPDATE docent.document_versions v SET fingerprint = '', recipe = NULL
      FROM wanted
     WHERE v.organization_id = docent.current_organization() AND v.document_id = wanted.id
       AND v.state IN ('active', 'failed')
)
SELECT s3_key FROM wanted ORDER BY s3_key
