-- Runs before a tenant is known and reads catalogues only.
SELECT 'role ' || rolname || ' bypasses row-level security' FROM pg_roles
 WHERE rolname = current_user AND (rolbypassrls OR rolsuper)
UNION ALL
SELECT 'role ' || current_user || ' is a member of ' || r.rolname FROM pg_auth_members m
  JOIN pg_roles r ON r.oid = m.roleid
 WHERE m.member = current_user::regrole
UNION ALL
SELECT 'role ' || current_user || ' owns ' || c.relname FROM pg_class c
 WHERE c.relowner = current_user::regrole AND c.relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT 'table ' || c.relname || ' has no forced row-level security' FROM pg_class c
 WHERE c.relnamespace = 'docent'::regnamespace AND c.relkind IN ('r', 'p')
   AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
   AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
