-- The function reads the tenant itself: docent.current_organization().
SELECT number AS sequence_number FROM docent.append_user_message($1, $2, $3, $4) AS number WHERE number IS NOT NULL
