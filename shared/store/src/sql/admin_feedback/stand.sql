-- Which applied changes answer, now that a version does. One made later than it is not in it: it is rolled back. Its own is, with those
-- that it was made on.
WITH RECURSIVE standing AS (
    SELECT f.id, f.before_config_version_id
      FROM docent.admin_feedback f
     WHERE f.organization_id = docent.current_organization() AND f.chatbot_id = $1 AND f.status IN ('applied', 'rolled_back')
       AND f.after_config_version_id = $2
    UNION
    SELECT f.id, f.before_config_version_id
      FROM standing s
      JOIN docent.admin_feedback f ON f.after_config_version_id = s.before_config_version_id
     WHERE f.organization_id = docent.current_organization() AND f.chatbot_id = $1 AND f.status IN ('applied', 'rolled_back')
), undone AS (
    UPDATE docent.admin_feedback f
       SET status = 'rolled_back', rolled_back_at = now(), rolled_back_by = $3, rolled_back_to_config_version_id = $2
      FROM docent.config_versions made, docent.config_versions active
     WHERE f.organization_id = docent.current_organization() AND f.chatbot_id = $1 AND f.status = 'applied'
       AND made.organization_id = docent.current_organization() AND made.id = f.after_config_version_id
       AND active.organization_id = docent.current_organization() AND active.id = $2 AND active.number < made.number
)
UPDATE docent.admin_feedback f
   SET status = 'applied', rolled_back_at = NULL, rolled_back_by = NULL, rolled_back_to_config_version_id = NULL
  FROM standing s
 WHERE f.organization_id = docent.current_organization() AND f.id = s.id AND f.status = 'rolled_back'
