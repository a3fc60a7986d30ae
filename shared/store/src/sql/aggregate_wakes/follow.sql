-- One follower at a time, unless a sooner one is wanted.
UPDATE docent.aggregate_wakes
   SET follows_at = clock_timestamp() + make_interval(secs => $1)
 WHERE organization_id = docent.current_organization()
   AND (follows_at IS NULL OR follows_at <= clock_timestamp() OR follows_at > clock_timestamp() + make_interval(secs => $1))
RETURNING organization_id
