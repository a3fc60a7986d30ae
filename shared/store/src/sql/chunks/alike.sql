-- The passages of an active version that were read as the same text: a person's word is about all of them.
SELECT c.id, c.document_id, c.document_version_id, c.source_hash, c.content, c.headings, c.context, c.language,
       c.byte_from, c.byte_to, d.title, coalesce(o.is_active, true) AS is_active, o.content AS corrected
  FROM docent.chunks this
  JOIN docent.documents d
    ON d.organization_id = this.organization_id AND d.id = this.document_id
   AND d.active_version_id = this.document_version_id
  JOIN docent.chunks c
    ON c.organization_id = this.organization_id AND c.document_version_id = this.document_version_id
   AND c.source_hash = this.source_hash
  LEFT JOIN docent.chunk_overrides o
    ON o.organization_id = c.organization_id AND o.document_id = c.document_id AND o.source_hash = c.source_hash
 WHERE this.organization_id = docent.current_organization() AND this.id = $1 AND d.s3_bucket = $2
 ORDER BY c.chunk_index
 LIMIT $3
