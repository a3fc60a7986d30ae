-- The organization's own day, and where its month and its fiscal year begin (in July, as the seed has it, when nobody says).
SELECT c.today, date_trunc('month', c.today::timestamp)::date AS month_from,
       make_date(extract(year FROM c.today)::integer - (extract(month FROM c.today) < c.starts)::integer, c.starts, 1) AS fiscal_from
  FROM (SELECT (now() AT TIME ZONE docent.time_zone_of(o.settings))::date AS today,
               trunc(docent.number_of(o.settings, '{fiscal_year_start_month}', 1, 12, 7))::integer AS starts
          FROM docent.organizations o WHERE o.id = docent.current_organization()) c
