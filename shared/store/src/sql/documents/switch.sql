WITH built AS (
    UPDATE docent.document_versions
       SET state = 'active', completed_at = now(), lease_until = NULL
     WHERE organization_id = docent.current_organization() AND id = $2 AND document_id = $1
       AND state = 'building' AND worker = $3
       -- A space that came while this version was built has no vector of it.
       AND NOT EXISTS (SELECT FROM docent.documents d
                         JOIN docent.collection_spaces m
                           ON m.organization_id = d.organization_id AND m.collection_id = d.collection_id
                        WHERE d.organization_id = docent.current_organization() AND d.id = $1
                          AND m.state <> 'retired' AND m.space_id <> ALL ($14))
    RETURNING id
)
UPDATE docent.documents d
   SET active_version_id = built.id, processing_status = 'completed', failure = NULL, processed_at = now(),
       title = $4, language = $5, source_format = $6, page_count = $7, content_hash = $8, chunk_count = $9,
       document_type = $10, source_url = $11, extracted_metadata = $12, ocr_confidence = $13,
       -- Deleted meanwhile, it is none.
       product_id = (SELECT p.id FROM docent.products p WHERE p.organization_id = docent.current_organization() AND p.id = $15)
  FROM built
 WHERE d.organization_id = docent.current_organization() AND d.id = $1
