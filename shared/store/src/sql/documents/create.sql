INSERT INTO docent.documents (organization_id, id, collection_id, s3_bucket, s3_key, title, filename,
                              file_size, mime_type, document_type, source_url)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, 'general'), $10)
ON CONFLICT (organization_id, s3_bucket, s3_key) DO NOTHING
