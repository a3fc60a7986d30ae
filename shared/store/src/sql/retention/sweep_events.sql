-- The tenant is docent.current_organization(), taken by the function itself.
SELECT docent.sweep_events($1) AS swept
