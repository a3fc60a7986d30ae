-- The tenant is docent.current_organization(), taken by the functions themselves.
SELECT s.status, a.*, l.redacted, l.is_limited, l.exceeded, l.seconds_left,
       o.settings #>> '{pii_policy,names_model}' AS names_model
  FROM docent.standing_of_session($1) s
 CROSS JOIN LATERAL docent.answering_of(s.chatbot_id) a
 CROSS JOIN LATERAL docent.limits_of(s.chatbot_id) l
  JOIN docent.organizations o ON o.id = docent.current_organization()
