UPDATE docent.users
   SET role = coalesce($2, role),
       display_name = CASE WHEN $3 THEN $4 ELSE display_name END,
       org_unit = CASE WHEN $5 THEN $6 ELSE org_unit END
 WHERE organization_id = docent.current_organization() AND id = $1
