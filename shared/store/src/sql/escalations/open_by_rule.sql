-- As many answers in a row as the organization says that abstain, none of them older than the last ticket: a conversation for
-- people. 0, and it is never done.
WITH rule AS (
    SELECT CASE WHEN jsonb_typeof(o.settings -> 'escalate_after_abstentions') = 'number'
                THEN (o.settings ->> 'escalate_after_abstentions')::double precision ELSE $3::bigint END AS answers
      FROM docent.organizations o
     WHERE o.id = docent.current_organization()
), last AS (
    SELECT m.abstained, row_number() OVER (ORDER BY m.sequence_number DESC) AS place
      FROM docent.messages m
     WHERE m.organization_id = docent.current_organization() AND m.session_id = $2 AND m.role = 'assistant'
       -- Ids of a conversation's messages begin no more than the clocks' difference before its own.
       AND m.id >= $4
       AND m.created_at > coalesce((SELECT max(coalesce(e.resolved_at, e.updated_at)) FROM docent.escalations e
                                     WHERE e.organization_id = docent.current_organization() AND e.session_id = $2),
                                   '-infinity')
), opened AS (
    INSERT INTO docent.escalations (organization_id, id, session_id, chatbot_id, opened_by_kind, reason, details)
    SELECT docent.current_organization(), $1, s.id, s.chatbot_id, 'rule', 'repeated_abstention',
           jsonb_build_object('abstentions', rule.answers)
      FROM docent.sessions s, rule
     WHERE s.organization_id = docent.current_organization() AND s.id = $2 AND rule.answers >= 1
       AND (SELECT count(*) FROM last WHERE last.abstained AND last.place <= rule.answers) >= rule.answers
    ON CONFLICT (organization_id, session_id) WHERE status IN ('open', 'assigned', 'in_progress') DO NOTHING
    RETURNING session_id
)
UPDATE docent.sessions s SET status = 'escalated'
  FROM opened
 WHERE s.organization_id = docent.current_organization() AND s.id = opened.session_id AND s.status IN ('active', 'expired')
