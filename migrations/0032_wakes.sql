-- When an organization's activity was last told of, so that it is told of once a minute.

-- ── Wakes ────────────────────────────────────────────────────────────────────────────────────────────
-- Who writes claims the minute in the same flush, and sends a message after the commit. Nobody waits for another's claim:
-- a row that is locked at this moment is being claimed by somebody who tells of both.
CREATE TABLE docent.aggregate_wakes (
    organization_id uuid PRIMARY KEY REFERENCES docent.organizations (id) ON DELETE CASCADE,
    -- Until then whatever is done is part of what was told of.
    quiet_until     timestamptz NOT NULL
);
SELECT docent.wall('docent.aggregate_wakes');
GRANT SELECT, INSERT, UPDATE ON docent.aggregate_wakes TO docent_app;
