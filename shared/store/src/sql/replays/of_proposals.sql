-- The newest replay of exactly these proposals against a version; the finished ones that count first.
SELECT r.id FROM docent.replays r
 WHERE r.organization_id = docent.current_organization() AND r.admin_feedback_id = $1 AND r.base_config_version_id = $2
   AND r.proposals = $3
 ORDER BY (r.status = 'completed' AND r.is_whole) DESC, r.id DESC
 LIMIT 1
