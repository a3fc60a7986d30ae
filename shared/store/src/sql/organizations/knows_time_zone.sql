-- docent.current_organization() has no part in it: the zones are the server's.
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1) AS is_known
