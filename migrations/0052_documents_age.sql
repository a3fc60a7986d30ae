-- What of a document goes before the document: its original, its text, its vectors.
-- When its object was written, as S3 says; null: not looked at since this is kept. A new upload begins anew.
ALTER TABLE docent.documents
    ADD COLUMN uploaded_at           timestamptz,
    ADD COLUMN original_removed_at   timestamptz,
    -- Its object is deleted, and not only about to be.
    ADD COLUMN original_is_deleted   boolean NOT NULL DEFAULT false,
    ADD COLUMN text_removed_at       timestamptz,
    ADD COLUMN embeddings_removed_at timestamptz;

-- Whether a citation's source can still be opened where it says: without its original it cannot.
CREATE OR REPLACE FUNCTION docent.stands_as_cited(in_chunk uuid, in_document uuid) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, docent, public, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM documents d
         WHERE d.organization_id = current_organization() AND d.id = in_document AND d.active_version_id IS NOT NULL
           AND d.original_removed_at IS NULL
           AND (in_chunk IS NULL OR EXISTS (
                SELECT FROM chunks c
                 WHERE c.organization_id = current_organization() AND c.id = in_chunk
                   AND c.document_version_id = d.active_version_id)))
$$;
