UPDATE docent.document_versions
   SET worker = $2, lease_until = now() + make_interval(secs => $3), units = units + 1, deaths = deaths + 1
 WHERE organization_id = docent.current_organization() AND id = $1 AND state = 'building'
