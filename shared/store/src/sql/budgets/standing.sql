-- The function reads the tenant itself: docent.current_organization().
SELECT l.is_limited, l.exceeded, l.seconds_left FROM docent.limits_of($1) l
