-- What is known of a person beside their conversations. Documents that they uploaded are the organization's: named, not copied.
SELECT jsonb_build_object(
           'figures', (SELECT coalesce(jsonb_agg(to_jsonb(d) - 'organization_id' ORDER BY d.day, d.person), '[]')
                         FROM docent.person_daily d
                        WHERE d.organization_id = docent.current_organization()
                          AND d.person IN (who.user_id::text, encode(who.user_identifier_hash, 'hex'))),
           'message_feedback', (SELECT coalesce(jsonb_agg(to_jsonb(f) - 'organization_id' ORDER BY f.id), '[]')
                                  FROM docent.message_feedback f
                                 WHERE f.organization_id = docent.current_organization() AND f.caller_kind = 'user'
                                   AND f.caller_id = who.user_id),
           'session_feedback', (SELECT coalesce(jsonb_agg(to_jsonb(f) - 'organization_id' ORDER BY f.id), '[]')
                                  FROM docent.session_feedback f
                                 WHERE f.organization_id = docent.current_organization() AND f.caller_kind = 'user'
                                   AND f.caller_id = who.user_id),
           'escalation_notes', (SELECT coalesce(jsonb_agg(to_jsonb(n) - 'organization_id' ORDER BY n.id), '[]')
                                  FROM docent.escalation_notes n
                                 WHERE n.organization_id = docent.current_organization() AND n.author = 'user:' || who.user_id),
           'criticism', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'feedback_text', a.feedback_text, 'context', a.context,
                                    'created_at', a.created_at) ORDER BY a.id), '[]')
                           FROM docent.admin_feedback a
                          WHERE a.organization_id = docent.current_organization() AND a.created_by = 'user:' || who.user_id),
           'api_keys', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'name', k.name, 'created_at', k.created_at)
                                   ORDER BY k.id), '[]')
                          FROM docent.api_keys k
                         WHERE k.organization_id = docent.current_organization() AND k.created_by = who.user_id),
           'documents', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'title', d.title, 'created_at', d.created_at)
                                    ORDER BY d.id), '[]')
                           FROM docent.documents d
                          WHERE d.organization_id = docent.current_organization() AND d.uploaded_by = who.user_id),
           'audit', (SELECT coalesce(jsonb_agg(to_jsonb(e) - 'organization_id' ORDER BY e.id), '[]')
                       FROM docent.events e
                      WHERE e.organization_id = docent.current_organization() AND e.event_category = 'audit'
                        AND (e.payload ->> 'by' = 'user:' || who.user_id OR e.user_id = who.user_id
                             OR e.resource_id = who.user_id OR e.payload -> 'rows' ? who.user_id::text))) AS record
  FROM (SELECT docent.user_of_subject(r.id) AS user_id, r.user_identifier_hash
          FROM docent.data_subject_requests r
         WHERE r.organization_id = docent.current_organization() AND r.id = $1) who
