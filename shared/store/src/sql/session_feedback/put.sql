-- What is not said stays as it was said before. The session shows what was said last, as long as it is its own people's word: an
-- opinion on somebody else's conversation is kept beside it, and counts in no figure.
WITH given AS (
    INSERT INTO docent.session_feedback AS f (organization_id, id, session_id, chatbot_id, caller_kind, caller_id,
                                              nps_score, rating, comments)
    SELECT docent.current_organization(), $1, s.id, s.chatbot_id, $3, $4, $5, $6, $7
      FROM docent.sessions s
     WHERE s.organization_id = docent.current_organization() AND s.id = $2
    ON CONFLICT (organization_id, session_id, caller_kind, caller_id) DO UPDATE
       SET nps_score = coalesce(excluded.nps_score, f.nps_score), rating = coalesce(excluded.rating, f.rating),
           comments = coalesce(excluded.comments, f.comments)
    RETURNING *
), shown AS (
    UPDATE docent.sessions
       SET nps_score = coalesce($5, nps_score), user_satisfaction_score = coalesce($6, user_satisfaction_score)
     WHERE organization_id = docent.current_organization() AND id = $2 AND ($3 <> 'user' OR user_id = $4)
)
SELECT id, session_id, chatbot_id, caller_kind, caller_id, nps_score, rating, comments, created_at, updated_at FROM given
