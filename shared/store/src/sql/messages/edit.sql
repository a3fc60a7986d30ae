WITH changed AS (
    UPDATE docent.messages
       SET original_content = coalesce(original_content, content), content = $3, is_edited = true, edited_at = now(),
           search_vector = docent.words_vector('und', $4), sentiment = $5, risk_flags = $6, language = $7, updated_at = now(),
           -- It says something else, which no model has read yet.
           metadata = metadata - 'reading' - 'redaction'
     WHERE organization_id = docent.current_organization() AND id = $1 AND session_id = $2 AND role = 'user'
    RETURNING id
)
SELECT EXISTS (SELECT FROM changed) AS is_changed,
       (SELECT role FROM docent.messages
         WHERE organization_id = docent.current_organization() AND id = $1 AND session_id = $2) AS role
