INSERT INTO docent.document_versions (organization_id, id, document_id, etag, file_size)
VALUES (docent.current_organization(), $1, $2, $3, $4)
