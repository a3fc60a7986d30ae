//! What a request to each route holds besides its path: one line a route that takes ids in its query, or a body; several, if
//! not all of its ids go together.
//!
//! `{chatbots}` stands for the id of the seed of that name (`seeds.rs`), `{slug}` for the slug of the organization's
//! collection. The matrix puts an id of somebody else's, and one that does not exist, into every such place, one by one.

/// Path parameters whose seed is not called as the segment before them: route (or any, when empty), parameter, seed.
pub const PARAMETERS: [(&str, &str, &str); 3] = [
    ("", "model", "chatbots"),
    ("PATCH /api/v1/sessions/{id}/messages/{message_id}", "message_id", "questions"),
    ("GET /api/v1/chatbots/{id}/config-versions/{version_id}/diff", "version_id", "other_versions"),
];

/// Route, query, body.
pub const CASES: &[(&str, &str, &str)] = &[
    (
        "PUT /api/v1/ai-models",
        "",
        r#"{"models":[{"provider":"bedrock","model_id":"x.y","kind":"chat","display_name":"x"}]}"#,
    ),
    (
        "POST /api/v1/alert-rules",
        "",
        r#"{"name":"x","rule":{"metric":"answers","aggregation":"count","window_minutes":15,"comparison":"above","threshold":5,"severity":"info","filter":{"chatbot_id":"{chatbots}"}}}"#,
    ),
    (
        "PATCH /api/v1/alert-rules/{id}",
        "",
        r#"{"rule":{"metric":"answers","aggregation":"count","window_minutes":15,"comparison":"above","threshold":5,"severity":"info","filter":{"chatbot_id":"{chatbots}"}}}"#,
    ),
    (
        "POST /api/v1/alert-rules/preview",
        "",
        r#"{"rule":{"metric":"answers","aggregation":"count","window_minutes":15,"comparison":"above","threshold":5,"severity":"info","filter":{"chatbot_id":"{chatbots}"}},"days":1}"#,
    ),
    ("POST /api/v1/notification-targets", "", r#"{"name":"x","address":"http://127.0.0.1:9/x"}"#),
    ("PATCH /api/v1/notification-targets/{id}", "", r#"{"name":"x"}"#),
    ("POST /api/v1/api-keys", "", r#"{"name":"x","scopes":["chat"]}"#),
    ("POST /api/v1/chatbots", "", r#"{"name":"x"}"#),
    ("PATCH /api/v1/chatbots/{id}", "", r#"{"description":"x"}"#),
    ("PUT /api/v1/chatbots/{id}/collections", "", r#"{"collection_ids":["{collections}"]}"#),
    ("PUT /api/v1/chatbots/{id}/documents", "", r#"{"document_ids":["{documents}"]}"#),
    ("POST /api/v1/chatbots/{id}/config-versions", "", r#"{"retrieval_k":7}"#),
    ("GET /api/v1/chatbots/{id}/config-versions/{version_id}/diff", "with={config_versions}", ""),
    (
        "POST /api/v1/chatbots/{id}/admin-feedback",
        "",
        r#"{"feedback_text":"x","feedback_type":"tone","message_id":"{messages}"}"#,
    ),
    ("POST /api/v1/admin-feedback/{id}/apply", "", r#"{"proposals":[0]}"#),
    ("POST /api/v1/admin-feedback/{id}/reject", "", r#"{"reason":"x"}"#),
    ("POST /api/v1/admin-feedback/{id}/replay", "", r#"{"proposals":[0]}"#),
    ("POST /api/v1/chatbots/{id}/gold-questions", "", r#"{"question":"x","expected_answer":"y"}"#),
    ("POST /api/v1/chatbots/{id}/gold-questions/import", "", r#"{"question":"x","expected_answer":"y"}"#),
    ("PATCH /api/v1/chatbots/{id}/gold-questions/{gold_id}", "", r#"{"tags":["x"]}"#),
    (
        "POST /api/v1/chatbots/{id}/replays",
        "",
        r#"{"before_config_version_id":"{config_versions}","after_config_version_id":"{other_versions}"}"#,
    ),
    ("POST /api/v1/chatbots/{id}/categories", "", r#"{"name":"x"}"#),
    ("PATCH /api/v1/chatbots/{id}/categories/{category_id}", "", r#"{"description":"x"}"#),
    ("POST /api/v1/chatbots/{id}/sessions", "", r#"{"platform":"web"}"#),
    ("PATCH /api/v1/chunks/{id}", "", r#"{"is_active":false}"#),
    ("POST /api/v1/collections", "", r#"{"slug":"x"}"#),
    ("PATCH /api/v1/collections/{id}", "", r#"{"description":"x"}"#),
    (
        "POST /api/v1/collections/{id}/reembed",
        "",
        r#"{"embedding_model":"local.all-minilm-l6-v2","dimension":384}"#,
    ),
    ("POST /api/v1/collections/{id}/reprocess", "", r#"{"failed_only":false}"#),
    ("GET /api/v1/curated-answers", "chatbot={chatbots}&collection={slug}", ""),
    ("POST /api/v1/curated-answers", "", r#"{"question":"x","answer":"y","chatbot_id":"{chatbots}"}"#),
    (
        "POST /api/v1/curated-answers/import",
        "",
        r#"{"items":[{"question":"x","answer":"y","chatbot_id":"{chatbots}"}]}"#,
    ),
    ("PATCH /api/v1/curated-answers/{id}", "", r#"{"answer":"z","chatbot_id":"{chatbots}"}"#),
    ("POST /api/v1/data-subject-requests", "", r#"{"kind":"export","subject":{"user_id":"{users}"}}"#),
    // A person is named in one way.
    ("POST /api/v1/data-subject-requests", "", r#"{"kind":"export","subject":{"session_id":"{sessions}"}}"#),
    ("GET /api/v1/deliveries", "target_id={notification_targets}", ""),
    ("GET /api/v1/deliveries", "integration_id={integrations}&escalation_id={escalations}", ""),
    (
        "POST /api/v1/integrations",
        "",
        r#"{"kind":"ticket_webhook","name":"x","settings":{"create":{"url":"http://127.0.0.1:9/x","body":{}}},"is_enabled":false}"#,
    ),
    ("PATCH /api/v1/integrations/{id}", "", r#"{"name":"x"}"#),
    ("GET /api/v1/documents", "collection={slug}", ""),
    ("POST /api/v1/documents/uploads", "", r#"{"collection":"{slug}","filename":"x.md","size":4}"#),
    ("GET /api/v1/events", "resource={documents}&session={sessions}", ""),
    ("GET /api/v1/audit", "resource={documents}&session={sessions}&user={users}&api_key={api_keys}", ""),
    ("GET /api/v1/ingestion-jobs", "document={documents}", ""),
    ("POST /api/v1/invitations", "", r#"{"email":"ann@example.org","role":"member"}"#),
    ("PATCH /api/v1/organization", "", r#"{"locale":"en"}"#),
    ("POST /api/v1/products", "", r#"{"name":"x","category":"x"}"#),
    ("PATCH /api/v1/products/{id}", "", r#"{"description":"x"}"#),
    ("GET /api/v1/search", "q=pump&collection={slug}&document={documents}", ""),
    ("GET /api/v1/sessions", "chatbot={chatbots}", ""),
    ("PATCH /api/v1/sessions/{id}", "", r#"{"title":"x"}"#),
    ("POST /api/v1/sessions/{id}/end", "", r#"{"status":"complete"}"#),
    ("POST /api/v1/sessions/{id}/messages", "", r#"{"message":"pump?"}"#),
    ("PATCH /api/v1/sessions/{id}/messages/{message_id}", "", r#"{"message":"pump?"}"#),
    ("POST /api/v1/sessions/{id}/files", "", r#"{"filename":"x.csv","size":4}"#),
    ("POST /api/v1/sessions/{id}/feedback", "", r#"{"rating":4}"#),
    ("POST /api/v1/messages/{id}/feedback", "", r#"{"rating":"negative"}"#),
    ("POST /api/v1/messages/{id}/feedback/accept-correction", "", r#"{"feedback_id":"{message_feedback}"}"#),
    ("PUT /api/v1/messages/{id}/review", "", r#"{"handled":true}"#),
    ("GET /api/v1/review-queue", "chatbot={chatbots}", ""),
    ("GET /api/v1/escalations", "chatbot={chatbots}&session={sessions}", ""),
    ("POST /api/v1/escalations", "", r#"{"session_id":"{sessions}"}"#),
    ("PATCH /api/v1/escalations/{id}", "", r#"{"priority":"high"}"#),
    ("POST /api/v1/escalations/{id}/notes", "", r#"{"content":"x"}"#),
    ("POST /api/v1/escalations/{id}/reply", "", r#"{"content":"x"}"#),
    ("PATCH /api/v1/users/{id}", "", r#"{"org_unit":"x"}"#),
    ("GET /api/v1/web-sources", "collection={slug}", ""),
    ("POST /api/v1/web-sources", "", r#"{"collection":"{slug}","kind":"page","url":"http://127.0.0.1:9/x"}"#),
    (
        "POST /v1/chat/completions",
        "",
        r#"{"model":"{chatbots}","messages":[{"role":"user","content":"pump?"}],"metadata":{"session_id":"{sessions}"}}"#,
    ),
    ("POST /v1/embeddings", "", r#"{"model":"default","input":"pump"}"#),
    (
        "POST /mcp",
        "",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"question":"pump?","chatbot":"{chatbots}"}}}"#,
    ),
    // A session has its chatbot: none is named beside it.
    (
        "POST /mcp",
        "",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"question":"pump?","session_id":"{sessions}"}}}"#,
    ),
    (
        "POST /mcp",
        "",
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search","arguments":{"query":"pump","collection":"{slug}"}}}"#,
    ),
];

/// Own requests that do not end well, with the status that shows that the row was found all the same.
pub const ENDS_AS: &[(&str, u16)] = &[("GET /mcp", 405), ("DELETE /mcp", 405)];
/// Routes at which a session's own end user is somebody, also without naming the session.
pub const END_USERS_MAY: &[&str] = &["GET /api/v1/me"];
