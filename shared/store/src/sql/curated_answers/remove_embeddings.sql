DELETE FROM docent.curated_embeddings
 WHERE organization_id = docent.current_organization() AND curated_answer_id = $1
