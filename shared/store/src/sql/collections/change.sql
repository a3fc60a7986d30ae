UPDATE docent.collections
   SET name = $2, description = $3, chunk_size = $4, chunk_overlap = $5, metadata_schema = $6, chunk_type_rules = $7,
       contextual_headers = $8
 WHERE organization_id = docent.current_organization() AND id = $1
