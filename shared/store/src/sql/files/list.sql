-- The text of one that is asked for alone.
SELECT f.id, f.filename, f.content_type, f.size_bytes, f.sha256, f.status, f.failure, f.format, f.extracted_characters,
       f.data_summary, f.created_at, f.updated_at, CASE WHEN f.id = $2 THEN f.text END AS text
  FROM docent.files f
 WHERE f.organization_id = docent.current_organization() AND f.session_id = $1 AND ($2::uuid IS NULL OR f.id = $2)
 ORDER BY f.id
