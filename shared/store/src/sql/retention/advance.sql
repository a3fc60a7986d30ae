-- Said before the first row goes: from then on, days before it are not counted anew, of messages, or of searches. Null: none of them go.
INSERT INTO docent.metric_horizons (organization_id, messages_from, logs_from)
VALUES (docent.current_organization(), $1, $2)
ON CONFLICT (organization_id) DO UPDATE SET messages_from = greatest(metric_horizons.messages_from, excluded.messages_from),
                                            logs_from = greatest(metric_horizons.logs_from, excluded.logs_from)
