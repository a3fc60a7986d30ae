-- Two who add to it at once come one after the other. The status is as of now: expiry is computed at read.
SELECT CASE WHEN status = 'active' AND last_activity_at < now() - (SELECT docent.session_expiry()) THEN 'expired' ELSE status END AS status
  FROM docent.sessions
 WHERE organization_id = docent.current_organization() AND id = $1
   FOR NO KEY UPDATE
