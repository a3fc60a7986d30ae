-- The tenant is docent.current_organization(), taken by the function itself.
SELECT docent.roll_up_day($1) AS is_counted
