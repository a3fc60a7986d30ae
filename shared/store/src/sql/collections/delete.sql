DELETE FROM docent.collections c
 WHERE c.organization_id = docent.current_organization() AND c.id = $1
   AND NOT EXISTS (SELECT FROM docent.documents d
                    WHERE d.organization_id = docent.current_organization() AND d.collection_id = c.id)
   AND NOT EXISTS (SELECT FROM docent.curated_answers a
                    WHERE a.organization_id = docent.current_organization() AND a.collection_id = c.id)
   AND NOT EXISTS (SELECT FROM docent.web_sources w
                    WHERE w.organization_id = docent.current_organization() AND w.collection_id = c.id)
