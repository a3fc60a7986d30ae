INSERT INTO docent.chunk_overrides (organization_id, document_id, source_hash, is_active, content, changed_by)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5)
ON CONFLICT (organization_id, document_id, source_hash)
DO UPDATE SET is_active = excluded.is_active, content = excluded.content, changed_by = excluded.changed_by
