-- A copy goes with its message. What both sides answered it goes too; the replay's figures stay.
WITH gone AS (
    DELETE FROM docent.replay_questions q
     WHERE q.organization_id = docent.current_organization() AND q.message_id < $1
       AND (q.replay_id, q.place) IN (SELECT o.replay_id, o.place FROM docent.replay_questions o
                                       WHERE o.organization_id = docent.current_organization() AND o.message_id < $1 LIMIT $2)
    RETURNING q.replay_id, q.place
), answers AS (
    DELETE FROM docent.replay_results r USING gone
     WHERE r.organization_id = docent.current_organization() AND r.replay_id = gone.replay_id AND r.place = gone.place
)
SELECT count(*) AS swept FROM gone
