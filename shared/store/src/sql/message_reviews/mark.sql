INSERT INTO docent.message_reviews (organization_id, message_id, session_id, note, handled_by)
VALUES (docent.current_organization(), $1, $2, $3, $4)
ON CONFLICT (organization_id, message_id) DO UPDATE
   SET note = coalesce(excluded.note, message_reviews.note), handled_by = excluded.handled_by, handled_at = now()
