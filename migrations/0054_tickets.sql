-- A ticket's id in another system is that system's: the one that an organization changes to does not know it.

ALTER TABLE docent.escalations
    -- The integration whose external_ticket_id it is, also when that is deleted; null: of whichever there is.
    ADD COLUMN external_integration_id uuid;
