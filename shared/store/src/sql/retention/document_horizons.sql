-- Until when uploads lose what, where the organization says for how many days it stays; null: it stays. Vectors go with their text
-- at the latest.
SELECT d.originals_from::timestamp AT TIME ZONE d.zone AS originals_before,
       d.text_from::timestamp AT TIME ZONE d.zone AS text_before,
       greatest(d.text_from, d.embeddings_from)::timestamp AT TIME ZONE d.zone AS embeddings_before
  FROM (SELECT z.zone,
               z.today - docent.number_of(z.settings, '{retention_days,originals}', 1, 36500, NULL)::integer AS originals_from,
               z.today - docent.number_of(z.settings, '{retention_days,extracted_text}', 1, 36500, NULL)::integer AS text_from,
               z.today - docent.number_of(z.settings, '{retention_days,embeddings}', 1, 36500, NULL)::integer AS embeddings_from
          FROM (SELECT o.settings, docent.time_zone_of(o.settings) AS zone,
                       (now() AT TIME ZONE docent.time_zone_of(o.settings))::date AS today
                  FROM docent.organizations o WHERE o.id = docent.current_organization()) z) d
