SELECT EXISTS (SELECT FROM docent.data_subject_requests
                WHERE organization_id = docent.current_organization() AND kind = 'export') AS has_exports
