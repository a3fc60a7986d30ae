-- A visit that began and was never heard of again is due like any other.
SELECT id FROM docent.web_sources
 WHERE organization_id = docent.current_organization()
   AND (last_visited_at IS NULL OR last_visited_at < now() - make_interval(hours => every_hours))
