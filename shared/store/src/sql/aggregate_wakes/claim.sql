WITH free AS (
    SELECT w.organization_id
      FROM docent.aggregate_wakes w
     WHERE w.organization_id = docent.current_organization() AND w.quiet_until <= clock_timestamp()
       FOR UPDATE SKIP LOCKED
), again AS (
    UPDATE docent.aggregate_wakes w
       SET quiet_until = clock_timestamp() + make_interval(secs => $1)
      FROM free
     WHERE w.organization_id = free.organization_id
    RETURNING w.organization_id
), first AS (
    INSERT INTO docent.aggregate_wakes (organization_id, quiet_until)
    SELECT docent.current_organization(), clock_timestamp() + make_interval(secs => $1)
     WHERE NOT EXISTS (SELECT FROM docent.aggregate_wakes w WHERE w.organization_id = docent.current_organization())
    ON CONFLICT DO NOTHING
    RETURNING organization_id
)
SELECT organization_id FROM again UNION ALL SELECT organization_id FROM first
