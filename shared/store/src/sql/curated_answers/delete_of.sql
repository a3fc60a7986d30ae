DELETE FROM docent.curated_answers
 WHERE organization_id = docent.current_organization() AND document_id = $1
