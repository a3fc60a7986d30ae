-- Said before the first row goes: from then on, days before it are not counted anew.
INSERT INTO docent.metric_horizons (organization_id, messages_from)
VALUES (docent.current_organization(), $1)
ON CONFLICT (organization_id) DO UPDATE SET messages_from = greatest(metric_horizons.messages_from, excluded.messages_from)
