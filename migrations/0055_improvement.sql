-- What a reader of the loop found.

-- A replay that asks too little to see a loss lets nothing be applied.
ALTER TABLE docent.replays ADD COLUMN is_whole boolean NOT NULL DEFAULT true;

-- That a correction was accepted is no new opinion: figures and alerts go by when somebody said something.
DROP TRIGGER touch ON docent.message_feedback;
CREATE TRIGGER touch BEFORE UPDATE OF rating, reason, correction ON docent.message_feedback
    FOR EACH ROW EXECUTE FUNCTION docent.touch_updated_at();

-- Of an instant before 1970, the first of all: 48 bits hold no sign.
CREATE OR REPLACE FUNCTION docent.uuid_at(instant timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (lpad(to_hex(greatest(0, (extract(epoch FROM instant) * 1000)::bigint)), 12, '0') || repeat('0', 20))::uuid;
