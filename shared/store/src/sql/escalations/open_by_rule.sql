-- The organization's rules, asked about one turn: a risk it mentions, a wish for people, as many answers in a row that abstain,
-- none of them older than the last ticket (0, and it is never done), a mood as bad as it says. The first that holds opens the ticket,
-- with a summary in our words: those of whoever asked stand in the conversation alone. That it was opened is told of.
WITH rule AS (
    SELECT CASE WHEN jsonb_typeof(o.settings -> 'escalate_after_abstentions') = 'number'
                THEN (o.settings ->> 'escalate_after_abstentions')::double precision ELSE $3::bigint END AS answers,
           CASE WHEN jsonb_typeof(o.settings -> 'escalate_on_wish') = 'boolean'
                THEN (o.settings -> 'escalate_on_wish')::boolean ELSE true END AS on_wish,
           (SELECT coalesce(array_agg(r.risk ORDER BY r.place), '{}')
              FROM unnest($7::text[]) WITH ORDINALITY AS r (risk, place)
             WHERE CASE WHEN jsonb_typeof(o.settings -> 'escalate_on_risk') = 'array'
                        THEN o.settings -> 'escalate_on_risk' ? r.risk ELSE r.risk = ANY ($8::text[]) END) AS risks,
           CASE WHEN jsonb_typeof(o.settings -> 'escalate_on_sentiment') = 'number'
                THEN (o.settings ->> 'escalate_on_sentiment')::double precision END AS mood
      FROM docent.organizations o
     WHERE o.id = docent.current_organization()
), last AS (
    SELECT m.abstained, row_number() OVER (ORDER BY m.sequence_number DESC) AS place
      FROM docent.messages m
     WHERE $5::boolean AND m.organization_id = docent.current_organization() AND m.session_id = $2 AND m.role = 'assistant'
       -- Ids of a conversation's messages begin no more than the clocks' difference before its own.
       AND m.id >= $4
       AND m.created_at > coalesce((SELECT max(coalesce(e.resolved_at, e.updated_at)) FROM docent.escalations e
                                     WHERE e.organization_id = docent.current_organization() AND e.session_id = $2),
                                   '-infinity')
), holds AS (
    SELECT 1 AS place, 'risk' AS reason, jsonb_build_object('risk_flags', to_jsonb(rule.risks)) AS details,
           CASE WHEN 'self_harm' = ANY (rule.risks) OR 'violence' = ANY (rule.risks) THEN 'critical' ELSE 'high' END AS priority,
           'A risk is mentioned: ' || replace(array_to_string(rule.risks, ', '), '_', ' ') || '.' AS summary
      FROM rule WHERE cardinality(rule.risks) > 0
    UNION ALL
    SELECT 2, 'requested', '{}', 'medium', 'A person is asked for.' FROM rule WHERE rule.on_wish AND $6::boolean
    UNION ALL
    SELECT 3, 'repeated_abstention', jsonb_build_object('abstentions', rule.answers), 'medium',
           'Answers in a row that nothing is known: ' || rule.answers::text || '.'
      FROM rule
     WHERE $5::boolean AND rule.answers >= 1
       AND (SELECT count(*) FROM last WHERE last.abstained AND last.place <= rule.answers) >= rule.answers
    UNION ALL
    SELECT 4, 'negative_sentiment', jsonb_build_object('sentiment', $9::double precision), 'medium', 'Somebody is upset.' FROM rule
     WHERE $9::double precision <= rule.mood
), opened AS (
    INSERT INTO docent.escalations (organization_id, id, session_id, chatbot_id, opened_by_kind, reason, details, priority, summary)
    SELECT docent.current_organization(), $1, s.id, s.chatbot_id, 'rule', h.reason, h.details, h.priority, h.summary
      FROM docent.sessions s, (SELECT * FROM holds ORDER BY place LIMIT 1) h
     WHERE s.organization_id = docent.current_organization() AND s.id = $2
    ON CONFLICT (organization_id, session_id) WHERE status IN ('open', 'assigned', 'in_progress') DO NOTHING
    RETURNING id, session_id, reason
), told AS (
    INSERT INTO docent.events (organization_id, id, event_type, event_category, payload, session_id, resource_type, resource_id)
    SELECT docent.current_organization(), $10, 'escalation_opened', 'system', jsonb_build_object('reason', o.reason, 'by', 'rule'),
           o.session_id, 'escalation', o.id
      FROM opened o
)
UPDATE docent.sessions s SET status = 'escalated'
  FROM opened
 WHERE s.organization_id = docent.current_organization() AND s.id = opened.session_id AND s.status IN ('active', 'expired')
