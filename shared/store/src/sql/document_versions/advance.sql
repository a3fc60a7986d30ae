UPDATE docent.document_versions
   SET chunks_done = $4, chunks_total = $5, copied_from = $6, embedding_tokens = embedding_tokens + $7,
       lease_until = now() + make_interval(secs => $8), deaths = 0
 WHERE organization_id = docent.current_organization() AND id = $1 AND worker = $2 AND state = 'building'
   AND chunks_done = $3
