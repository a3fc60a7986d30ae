-- Of a collection, and of no collection: those that bots of any collection answer.
SELECT a.id, a.question
  FROM docent.curated_answers a
 WHERE a.organization_id = docent.current_organization() AND (a.collection_id = $1 OR a.collection_id IS NULL)
   AND NOT EXISTS (SELECT FROM docent.curated_embeddings e
                    WHERE e.organization_id = docent.current_organization() AND e.curated_answer_id = a.id
                      AND e.space_id = $2)
 ORDER BY a.id
 LIMIT $3
