-- Events are read: newest first, by what they are about and by who did it.

-- A machine that did it; a person stands in user_id.
ALTER TABLE docent.events ADD COLUMN api_key_id uuid;

-- Ids begin with their time, so that one index finds and orders; nobody looked for created_at.
CREATE INDEX events_newest ON docent.events (organization_id, id);
DROP INDEX docent.events_created;
CREATE INDEX events_of_type ON docent.events (organization_id, event_type, id);
DROP INDEX docent.events_type;
-- Few among many: found without walking over what every turn writes; those of audit are since 0039.
CREATE INDEX events_errors ON docent.events (organization_id, id) WHERE event_category = 'error';
CREATE INDEX events_user ON docent.events (organization_id, user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX events_api_key ON docent.events (organization_id, api_key_id, id) WHERE api_key_id IS NOT NULL;
DROP INDEX docent.events_session;
CREATE INDEX events_session ON docent.events (organization_id, session_id, id) WHERE session_id IS NOT NULL;
