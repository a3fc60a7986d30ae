-- A visit that began and was never heard of again is due like any other. The clock comes once a day, and a visit begins a
-- little after it: what is asked for every day would be due every second day without half its time, half a day at most, of slack.
SELECT id FROM docent.web_sources
 WHERE organization_id = docent.current_organization()
   AND (last_visited_at IS NULL
        OR last_visited_at < now() - make_interval(hours => every_hours) + make_interval(mins => least(every_hours * 30, 720)))
