DELETE FROM docent.curated_answers
 WHERE organization_id = docent.current_organization() AND id = $1
