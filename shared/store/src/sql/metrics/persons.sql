-- Persons by what they cost, dearest first.
SELECT p.person, p.user_id, (SELECT coalesce(u.display_name, u.username) FROM docent.users u
                              WHERE u.organization_id = docent.current_organization() AND u.id = p.user_id) AS name,
       sum(p.sessions_count)::bigint AS sessions, sum(p.questions)::bigint AS questions, sum(p.answers)::bigint AS answers,
       sum(p.abstained)::bigint AS abstained, sum(p.tokens)::bigint AS tokens, sum(p.cost)::text AS cost,
       sum(p.unpriced)::bigint AS unpriced
  FROM docent.person_daily p
 WHERE p.organization_id = docent.current_organization() AND p.day BETWEEN $1 AND $2
 GROUP BY p.person, p.user_id
 ORDER BY sum(p.cost) DESC, sum(p.tokens) DESC, p.person
 LIMIT $3
