SELECT EXISTS (SELECT FROM docent.data_keys
                WHERE organization_id = docent.current_organization() AND state = 'retired') AS has_retired
