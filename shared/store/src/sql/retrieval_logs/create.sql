INSERT INTO docent.retrieval_logs (organization_id, id, chatbot_id, session_id, message_id, query,
                                   query_embedding, space_id, retrieved_chunk_ids, similarity_scores, scores,
                                   retrieval_threshold, retrieval_k, timings, rewritten_query,
                                   reranker_model, transcript, rewritten_by, evidence)
SELECT docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
       coalesce($18::jsonb, '{}')
 -- Of a conversation that was erased while it was answered, nothing is kept.
 WHERE EXISTS (SELECT FROM docent.sessions s WHERE s.organization_id = docent.current_organization() AND s.id = $3)
