DELETE FROM docent.curated_embeddings e
 USING docent.curated_answers a
 WHERE e.organization_id = docent.current_organization() AND e.space_id = $2
   AND a.organization_id = docent.current_organization() AND a.id = e.curated_answer_id AND a.collection_id = $1
