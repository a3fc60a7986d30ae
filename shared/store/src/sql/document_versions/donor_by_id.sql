SELECT v.id, v.document_id, v.manifest, v.content_hash
  FROM docent.document_versions v
 WHERE v.organization_id = docent.current_organization() AND v.id = $1 AND v.state = 'active'
