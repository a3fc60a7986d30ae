UPDATE docent.document_versions SET state = 'superseded'
 WHERE organization_id = docent.current_organization() AND document_id = $1
   AND id IS DISTINCT FROM $2 AND state = 'active'
