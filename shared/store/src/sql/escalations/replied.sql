UPDATE docent.escalations
   SET status = 'in_progress', first_reply_at = coalesce(first_reply_at, now())
 WHERE organization_id = docent.current_organization() AND id = $1
