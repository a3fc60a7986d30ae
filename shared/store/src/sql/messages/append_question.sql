-- The function reads the tenant itself: docent.current_organization().
SELECT number AS sequence_number FROM docent.append_user_message($1, $2, $3, $4, $5, $6, $7) AS number WHERE number IS NOT NULL
