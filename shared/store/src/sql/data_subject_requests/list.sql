SELECT id, kind, subject_kind, coalesce(user_id, session_id) AS subject_id, status, report, error, export_bytes,
       coalesce(export_removed_at, CASE WHEN export_bytes IS NOT NULL THEN completed_at + make_interval(days => $5) END)
           AS export_expires_at,
       kind = 'export' AND status = 'completed' AND export_removed_at IS NULL
           AND completed_at + make_interval(days => $5) > now() AS has_export,
       created_by, created_at, started_at, completed_at
  FROM docent.data_subject_requests
 WHERE organization_id = docent.current_organization()
   AND ($1::uuid IS NULL OR id = $1)
   AND ($2::text IS NULL OR status = $2)
   AND ($3::uuid IS NULL OR id < $3)
 ORDER BY id DESC
 LIMIT $4
