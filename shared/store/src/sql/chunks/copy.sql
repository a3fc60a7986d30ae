WITH source AS MATERIALIZED (
    SELECT c.*, gen_random_uuid() AS new_id
      FROM docent.chunks c
     WHERE c.organization_id = docent.current_organization() AND c.document_version_id = $3
       AND c.chunk_index >= $4 AND c.chunk_index < $5
), copied AS (
    INSERT INTO docent.chunks (organization_id, document_id, document_version_id, id, chunk_index, content, chunk_html,
                               chunk_type, section_title, headings, page_number, byte_from, byte_to, token_count,
                               confidence_score, metadata, language, search_vector, word_count, is_active,
                               source_hash, context)
    SELECT docent.current_organization(), $1, $2, s.new_id, s.chunk_index, s.content, s.chunk_html, s.chunk_type,
           s.section_title, s.headings, s.page_number, s.byte_from, s.byte_to, s.token_count, s.confidence_score,
           $7, s.language, s.search_vector, s.word_count, s.is_active, s.source_hash, s.context
      FROM source s
    RETURNING 1
), vectors AS (
    INSERT INTO docent.embeddings (organization_id, space_id, document_version_id, chunk_id, vector)
    SELECT docent.current_organization(), e.space_id, $2, s.new_id, e.vector
      FROM source s
      JOIN docent.embeddings e ON e.organization_id = docent.current_organization() AND e.chunk_id = s.id
                              AND e.space_id = ANY ($6)
    RETURNING 1
)
SELECT (SELECT count(*) FROM copied) AS chunks, (SELECT count(*) FROM vectors) AS vectors
