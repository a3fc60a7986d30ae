DELETE FROM docent.chunks
 WHERE organization_id = docent.current_organization() AND document_id = $1
   AND document_version_id IS DISTINCT FROM $2
