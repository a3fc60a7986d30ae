-- A replay waits when the day's budget is used up, and goes on when there is one again.
ALTER TABLE docent.replays DROP CONSTRAINT replays_status_check;
ALTER TABLE docent.replays ADD CONSTRAINT replays_status_check
    CHECK (status IN ('queued', 'running', 'paused', 'completed', 'failed'));
-- What the daily work looks for.
CREATE INDEX replays_paused ON docent.replays (organization_id) WHERE status = 'paused';
