-- Another unit may go on; a unit that broke off is counted.
UPDATE docent.data_subject_requests
   SET worked_until = NULL, failures = CASE WHEN $2 THEN failures + 1 ELSE 0 END
 WHERE organization_id = docent.current_organization() AND id = $1 AND status = 'running'
RETURNING failures
