-- Documents as they are now, and jobs that were asked for in the period.
SELECT k.kind, k.status, k.rows FROM (
    SELECT 'document' AS kind, d.processing_status AS status, count(*) AS rows
      FROM docent.documents d WHERE d.organization_id = docent.current_organization()
     GROUP BY d.processing_status
    UNION ALL
    SELECT 'job', j.status, count(*)
      FROM docent.ingestion_jobs j
      JOIN docent.organizations o ON o.id = j.organization_id
     WHERE j.organization_id = docent.current_organization()
       AND j.created_at >= $1::date::timestamp AT TIME ZONE docent.time_zone_of(o.settings)
       AND j.created_at < ($2::date + 1)::timestamp AT TIME ZONE docent.time_zone_of(o.settings)
     GROUP BY j.status) k
 ORDER BY k.kind, k.status
