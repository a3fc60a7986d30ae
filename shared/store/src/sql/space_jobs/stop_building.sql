DELETE FROM docent.collection_spaces
 WHERE organization_id = docent.current_organization() AND collection_id = $1 AND space_id = $2 AND state = 'building'
