-- The tenant is docent.current_organization(), taken by the function itself.
SELECT s AS id FROM docent.sessions_of_subject($1, $2, $3) s
