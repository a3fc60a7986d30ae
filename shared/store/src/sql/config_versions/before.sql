-- The version that was active before the present one, and is another.
SELECT a.config_version_id AS id
  FROM docent.config_activations a
 WHERE a.organization_id = docent.current_organization() AND a.chatbot_id = $1
   AND a.id < (SELECT max(l.id::text)::uuid FROM docent.config_activations l
                WHERE l.organization_id = docent.current_organization() AND l.chatbot_id = $1 AND l.config_version_id = $2)
   AND a.config_version_id <> $2
 ORDER BY a.id DESC
 LIMIT 1
