-- Inside a transaction that is rolled back: has a version answer, so that what a turn loads is what it would load then.
UPDATE docent.chatbots SET active_config_version_id = $2, status = 'testing'
 WHERE organization_id = docent.current_organization() AND id = $1
