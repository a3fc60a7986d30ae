INSERT INTO docent.documents (organization_id, id, collection_id, s3_bucket, s3_key, title, filename,
                              file_size, mime_type)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (organization_id, s3_bucket, s3_key) DO NOTHING
