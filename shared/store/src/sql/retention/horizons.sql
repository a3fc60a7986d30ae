-- Until when rows of each class go, where the organization says for how many days they stay; null: they stay.
-- A log of a search goes with its message at the latest.
SELECT d.messages_from, d.messages_from::timestamp AT TIME ZONE d.zone AS messages_before_instant,
       docent.uuid_at(d.messages_from::timestamp AT TIME ZONE d.zone) AS messages_before,
       greatest(d.messages_from, d.logs_from) AS logs_from,
       docent.uuid_at(greatest(d.messages_from, d.logs_from)::timestamp AT TIME ZONE d.zone) AS logs_before
  FROM (SELECT z.zone,
               z.today - docent.number_of(z.settings, '{retention_days,messages}', 1, 36500, NULL)::integer AS messages_from,
               z.today - docent.number_of(z.settings, '{retention_days,retrieval_logs}', 1, 36500, NULL)::integer AS logs_from
          FROM (SELECT o.settings, docent.time_zone_of(o.settings) AS zone,
                       (now() AT TIME ZONE docent.time_zone_of(o.settings))::date AS today
                  FROM docent.organizations o WHERE o.id = docent.current_organization()) z) d
