-- Everything that is kept of sessions. Vectors and search words say nothing that the texts do not.
SELECT s.id, s.user_identifier_ciphertext AS sealed, s.external_client_ciphertext AS sealed_client,
       jsonb_build_object(
           'session', to_jsonb(s) - '{organization_id,user_identifier_ciphertext,user_identifier_hash,external_client_ciphertext,external_client_hash}'::text[],
           'messages', (SELECT coalesce(jsonb_agg(to_jsonb(m) - '{organization_id,search_vector}'::text[] ORDER BY m.sequence_number), '[]')
                          FROM docent.messages m
                         WHERE m.organization_id = docent.current_organization() AND m.session_id = s.id),
           'citations', (SELECT coalesce(jsonb_agg(to_jsonb(c) - 'organization_id' ORDER BY c.id), '[]')
                           FROM docent.citations c
                          WHERE c.organization_id = docent.current_organization() AND c.message_id = ANY (said.ids)),
           'retrieval_logs', (SELECT coalesce(jsonb_agg(to_jsonb(l) - '{organization_id,query_embedding}'::text[] ORDER BY l.id), '[]')
                                FROM docent.retrieval_logs l
                               WHERE l.organization_id = docent.current_organization() AND l.message_id = ANY (said.ids)),
           'files', (SELECT coalesce(jsonb_agg(to_jsonb(f) - 'organization_id' ORDER BY f.id), '[]')
                       FROM docent.files f
                      WHERE f.organization_id = docent.current_organization() AND f.session_id = s.id),
           'message_feedback', (SELECT coalesce(jsonb_agg(to_jsonb(f) - 'organization_id' ORDER BY f.id), '[]')
                                  FROM docent.message_feedback f
                                 WHERE f.organization_id = docent.current_organization() AND f.session_id = s.id),
           'session_feedback', (SELECT coalesce(jsonb_agg(to_jsonb(f) - 'organization_id' ORDER BY f.id), '[]')
                                  FROM docent.session_feedback f
                                 WHERE f.organization_id = docent.current_organization() AND f.session_id = s.id),
           'message_reviews', (SELECT coalesce(jsonb_agg(to_jsonb(v) - 'organization_id' ORDER BY v.message_id), '[]')
                                 FROM docent.message_reviews v
                                WHERE v.organization_id = docent.current_organization() AND v.session_id = s.id),
           'escalations', (SELECT coalesce(jsonb_agg(to_jsonb(e) - 'organization_id' || jsonb_build_object(
                                      'notes', (SELECT coalesce(jsonb_agg(to_jsonb(n) - 'organization_id' ORDER BY n.id), '[]')
                                                  FROM docent.escalation_notes n
                                                 WHERE n.organization_id = docent.current_organization() AND n.escalation_id = e.id))
                                      ORDER BY e.id), '[]')
                             FROM docent.escalations e
                            WHERE e.organization_id = docent.current_organization() AND e.session_id = s.id),
           'curated_answers', (SELECT coalesce(jsonb_agg(to_jsonb(c) - '{organization_id,search_vector}'::text[] ORDER BY c.id), '[]')
                                 FROM docent.curated_answers c
                                WHERE c.organization_id = docent.current_organization() AND c.source = 'correction'
                                  AND c.id IN (SELECT f.curated_answer_id FROM docent.message_feedback f
                                                WHERE f.organization_id = docent.current_organization() AND f.session_id = s.id)),
           'criticism', (SELECT coalesce(jsonb_agg(to_jsonb(a) - '{organization_id,before_snapshot,after_snapshot}'::text[] ORDER BY a.id), '[]')
                           FROM docent.admin_feedback a
                          WHERE a.organization_id = docent.current_organization() AND a.message_id = ANY (said.ids)),
           'replays', (SELECT coalesce(jsonb_agg(to_jsonb(q) - 'organization_id' || jsonb_build_object(
                                  'results', (SELECT coalesce(jsonb_agg(to_jsonb(x) - 'organization_id' ORDER BY x.side), '[]')
                                                FROM docent.replay_results x
                                               WHERE x.organization_id = docent.current_organization() AND x.replay_id = q.replay_id
                                                 AND x.place = q.place))
                                  ORDER BY q.replay_id, q.place), '[]')
                         FROM docent.replay_questions q
                        WHERE q.organization_id = docent.current_organization() AND q.message_id = ANY (said.ids)),
           'events', (SELECT coalesce(jsonb_agg(to_jsonb(e) - 'organization_id' ORDER BY e.id), '[]')
                        FROM docent.events e
                       WHERE e.organization_id = docent.current_organization() AND e.session_id = s.id)) AS record
  FROM docent.sessions s
 CROSS JOIN LATERAL (SELECT coalesce(array_agg(m.id), '{}') AS ids FROM docent.messages m
                      WHERE m.organization_id = docent.current_organization() AND m.session_id = s.id) said
 WHERE s.organization_id = docent.current_organization() AND s.id = ANY ($1)
 ORDER BY s.id
