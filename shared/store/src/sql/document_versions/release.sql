-- The unit ended, well or not, and says so: nobody died.
UPDATE docent.document_versions
   SET lease_until = NULL, deaths = 0
 WHERE organization_id = docent.current_organization() AND id = $1 AND worker = $2 AND state = 'building'
