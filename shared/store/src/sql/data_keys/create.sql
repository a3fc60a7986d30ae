-- Two who make the first one at once: one of them does.
INSERT INTO docent.data_keys (organization_id, id, sealed, kms_key_arn)
VALUES (docent.current_organization(), $1, $2, $3)
ON CONFLICT (organization_id) WHERE state = 'active' DO NOTHING
