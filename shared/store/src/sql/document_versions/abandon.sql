-- Its chunks go with it; the row too, since nothing was ever read from it.
DELETE FROM docent.document_versions
 WHERE organization_id = docent.current_organization() AND document_id = $1 AND state = 'building'
