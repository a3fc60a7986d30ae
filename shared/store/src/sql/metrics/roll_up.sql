-- The tenant is docent.current_organization(), taken by the functions themselves. Days that are no longer whole stay as they are.
SELECT CASE WHEN docent.roll_up_day($1)
            THEN docent.roll_up_persons($1) AND docent.roll_up_retrievals($1) AND docent.roll_up_escalations($1)
                 AND docent.roll_up_versions($1) AND docent.roll_up_side_costs($1)
            ELSE false END AS is_counted
