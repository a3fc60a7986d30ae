INSERT INTO docent.replays (organization_id, id, chatbot_id, admin_feedback_id, proposals, base_config_version_id,
                            config_version_id, total, created_by, is_whole)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8, $9)
