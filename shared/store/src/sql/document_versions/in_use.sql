-- Of these, what somebody reads or builds.
SELECT v.id FROM docent.document_versions v
 WHERE v.organization_id = docent.current_organization() AND v.id = ANY ($1)
   AND v.state IN ('active', 'building')
