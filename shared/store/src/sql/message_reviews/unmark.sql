DELETE FROM docent.message_reviews WHERE organization_id = docent.current_organization() AND message_id = $1
