SELECT o.settings ->> 'understanding_model' AS model
  FROM docent.organizations o
 WHERE o.id = docent.current_organization()
