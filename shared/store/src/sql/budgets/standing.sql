-- The function reads the tenant itself: docent.current_organization().
SELECT l.is_limited, l.exceeded IS NOT NULL AS is_used_up FROM docent.limits_of($1) l
