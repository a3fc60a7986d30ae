SELECT id, etag, status IN ('completed', 'failed') AS is_settled
  FROM docent.files
 WHERE organization_id = docent.current_organization() AND id = ANY ($1)
