INSERT INTO docent.document_versions (organization_id, id, document_id, etag, fingerprint, recipe, file_size,
                                      worker, lease_until, units, deaths)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8), 1, 1)
