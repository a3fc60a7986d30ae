INSERT INTO docent.admin_feedback (organization_id, id, chatbot_id, message_id, feedback_text, feedback_type, severity, context,
                                   created_by)
VALUES (docent.current_organization(), $1, $2, $3, $4, $5, $6, $7, $8)
