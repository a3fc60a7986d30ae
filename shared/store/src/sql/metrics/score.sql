-- Sessions that are over keep their quality.
UPDATE docent.sessions s
   SET qoe_score = f.qoe
  FROM docent.sessions_of_day($1) f
 WHERE s.organization_id = docent.current_organization() AND s.id = f.session_id
   AND f.status <> 'active' AND f.qoe IS DISTINCT FROM f.kept_qoe
