//! One row a table that belongs to an organization, so that there is something to steal everywhere.
//!
//! `{name}` stands for the id of the seed of that name, `{org}` for the organization, `{space}` for the embedding space,
//! `{mark}` for words that nobody else has: a legal slug. In the order of references; times are made as ids are.

/// Name of the seed, its table, its statement.
pub const SEEDS: &[(&str, &str, &str)] = &[
    (
        "org",
        "organizations",
        "INSERT INTO docent.organizations (id, name, slug) VALUES ({org}, '{mark}', '{mark}')",
    ),
    // Retired: what seals is made when it is needed.
    (
        "data_keys",
        "data_keys",
        "INSERT INTO docent.data_keys (id, organization_id, sealed, kms_key_arn, state, retired_at) VALUES ({data_keys}, {org}, sha256('{mark}'), '{mark}', 'retired', now())",
    ),
    (
        "users",
        "users",
        "INSERT INTO docent.users (id, organization_id, external_id, display_name, role) VALUES ({users}, {org}, '{mark}', '{mark}', 'member')",
    ),
    (
        "invitations",
        "invitations",
        "INSERT INTO docent.invitations (id, organization_id, email_hash, role, display_name, expires_at) VALUES ({invitations}, {org}, sha256('{mark}'), 'member', '{mark}', now() + interval '1 day')",
    ),
    (
        "api_keys",
        "api_keys",
        "INSERT INTO docent.api_keys (id, organization_id, name, hash) VALUES ({api_keys}, {org}, '{mark}', sha256('{mark}'))",
    ),
    (
        "",
        "idempotency_keys",
        "INSERT INTO docent.idempotency_keys (organization_id, caller_id, key, fingerprint) VALUES ({org}, {api_keys}, '{mark}', sha256('{mark}'))",
    ),
    (
        "",
        "rate_limits",
        "INSERT INTO docent.rate_limits (organization_id, subject_id, tokens) VALUES ({org}, {api_keys}, 1)",
    ),
    (
        "",
        "budgets",
        "INSERT INTO docent.budgets (organization_id, subject_id, day) VALUES ({org}, {api_keys}, current_date)",
    ),
    (
        "products",
        "products",
        "INSERT INTO docent.products (id, organization_id, name, category, sku) VALUES ({products}, {org}, '{mark}', '{mark}', '{mark}')",
    ),
    (
        "collections",
        "collections",
        "INSERT INTO docent.collections (id, organization_id, slug, name, space_id) VALUES ({collections}, {org}, '{mark}', '{mark}', {space})",
    ),
    (
        "",
        "collection_spaces",
        "INSERT INTO docent.collection_spaces (organization_id, collection_id, space_id) VALUES ({org}, {collections}, {space}) ON CONFLICT DO NOTHING",
    ),
    (
        "documents",
        "documents",
        "INSERT INTO docent.documents (id, organization_id, collection_id, product_id, title, filename, s3_bucket, s3_key, uploaded_by, processing_status, chunk_count, language) VALUES ({documents}, {org}, {collections}, {products}, '{mark}', '{mark}.md', 'docent-local', '{mark}/{mark}/{mark}.md', {users}, 'completed', 1, 'en')",
    ),
    (
        "versions",
        "document_versions",
        "INSERT INTO docent.document_versions (id, organization_id, document_id, etag, file_size, state) VALUES ({versions}, {org}, {documents}, '{mark}', 9, 'active'); UPDATE docent.documents SET active_version_id = {versions} WHERE id = {documents}",
    ),
    (
        "chunks",
        "chunks",
        "INSERT INTO docent.chunks (id, organization_id, document_id, document_version_id, chunk_index, content, byte_from, byte_to, token_count, search_vector, word_count, source_hash, language) VALUES ({chunks}, {org}, {documents}, {versions}, 0, 'The pump is {mark}.', 0, 9, 4, to_tsvector('english', 'pump {mark}'), 4, sha256('{mark}'), 'en')",
    ),
    (
        "",
        "chunk_overrides",
        "INSERT INTO docent.chunk_overrides (organization_id, document_id, source_hash, content) VALUES ({org}, {documents}, sha256('x'), '{mark}')",
    ),
    (
        "",
        "embeddings",
        "INSERT INTO docent.embeddings (organization_id, space_id, chunk_id, document_version_id, vector) VALUES ({org}, {space}, {chunks}, {versions}, array_fill(0.1::real, ARRAY[384])::halfvec)",
    ),
    (
        "ingestion_jobs",
        "ingestion_jobs",
        "INSERT INTO docent.ingestion_jobs (id, organization_id, kind, document_id, status) VALUES ({ingestion_jobs}, {org}, 'ingest', {documents}, 'completed')",
    ),
    (
        "web_sources",
        "web_sources",
        "INSERT INTO docent.web_sources (id, organization_id, collection_id, kind, url) VALUES ({web_sources}, {org}, {collections}, 'page', 'http://127.0.0.1:9/{mark}')",
    ),
    (
        "",
        "web_pages",
        "INSERT INTO docent.web_pages (organization_id, web_source_id, url, s3_key) VALUES ({org}, {web_sources}, 'http://127.0.0.1:9/{mark}', '{mark}/{mark}/x')",
    ),
    (
        "chatbots",
        "chatbots",
        "INSERT INTO docent.chatbots (id, organization_id, name, status) VALUES ({chatbots}, {org}, '{mark}', 'active')",
    ),
    (
        "other_versions",
        "config_versions",
        "INSERT INTO docent.config_versions (id, organization_id, chatbot_id, number, llm_model, system_prompt, embedding_model, fallback_message) VALUES ({other_versions}, {org}, {chatbots}, 1, 'local.extractive', '{mark}', {space}, '{mark}')",
    ),
    (
        "config_versions",
        "config_versions",
        "INSERT INTO docent.config_versions (id, organization_id, chatbot_id, number, llm_model, system_prompt, embedding_model, fallback_message) VALUES ({config_versions}, {org}, {chatbots}, 2, 'local.extractive', '{mark} 2', {space}, '{mark}'); UPDATE docent.chatbots SET active_config_version_id = {config_versions} WHERE id = {chatbots}",
    ),
    (
        "first_activation",
        "config_activations",
        "INSERT INTO docent.config_activations (id, organization_id, chatbot_id, config_version_id, activated_by) VALUES ({first_activation}, {org}, {chatbots}, {other_versions}, '{mark}')",
    ),
    (
        "activations",
        "config_activations",
        "INSERT INTO docent.config_activations (id, organization_id, chatbot_id, config_version_id, activated_by) VALUES ({activations}, {org}, {chatbots}, {config_versions}, '{mark}')",
    ),
    (
        "",
        "chatbot_documents",
        "INSERT INTO docent.chatbot_documents (organization_id, chatbot_id, document_id) VALUES ({org}, {chatbots}, {documents})",
    ),
    (
        "",
        "chatbot_collections",
        "INSERT INTO docent.chatbot_collections (organization_id, chatbot_id, collection_id) VALUES ({org}, {chatbots}, {collections})",
    ),
    (
        "categories",
        "categories",
        "INSERT INTO docent.categories (id, organization_id, chatbot_id, name, description) VALUES ({categories}, {org}, {chatbots}, '{mark}', '{mark}')",
    ),
    (
        "",
        "category_centroids",
        "INSERT INTO docent.category_centroids (organization_id, chatbot_id, category_id, space_id, threshold, vector) VALUES ({org}, {chatbots}, {categories}, {space}, 0.5, array_fill(0.3::real, ARRAY[384])::halfvec)",
    ),
    (
        "",
        "category_vectors",
        "INSERT INTO docent.category_vectors (organization_id, category_id, space_id, place, vector) VALUES ({org}, {categories}, {space}, 0, array_fill(0.3::real, ARRAY[384])::halfvec)",
    ),
    (
        "curated_answers",
        "curated_answers",
        "INSERT INTO docent.curated_answers (id, organization_id, chatbot_id, question, answer, search_vector, source) VALUES ({curated_answers}, {org}, {chatbots}, '{mark}?', '{mark}', to_tsvector('simple', '{mark}'), 'api')",
    ),
    (
        "",
        "curated_embeddings",
        "INSERT INTO docent.curated_embeddings (organization_id, curated_answer_id, space_id, vector) VALUES ({org}, {curated_answers}, {space}, array_fill(0.2::real, ARRAY[384])::halfvec)",
    ),
    (
        "sessions",
        "sessions",
        "INSERT INTO docent.sessions (id, organization_id, chatbot_id, title, message_count, next_sequence) VALUES ({sessions}, {org}, {chatbots}, '{mark}', 2, 3)",
    ),
    (
        "own_sessions",
        "sessions",
        "INSERT INTO docent.sessions (id, organization_id, chatbot_id, title) VALUES ({own_sessions}, {org}, {chatbots}, '{mark}')",
    ),
    (
        "questions",
        "messages",
        "INSERT INTO docent.messages (id, organization_id, session_id, sequence_number, role, content, search_vector) VALUES ({questions}, {org}, {sessions}, 1, 'user', '{mark}?', to_tsvector('simple', '{mark}'))",
    ),
    (
        "messages",
        "messages",
        "INSERT INTO docent.messages (id, organization_id, session_id, sequence_number, role, content, config_version_id, confidence) VALUES ({messages}, {org}, {sessions}, 2, 'assistant', '{mark}', {config_versions}, 0.1)",
    ),
    (
        "citations",
        "citations",
        "INSERT INTO docent.citations (id, organization_id, message_id, chunk_id, document_id, marker, quoted_span, score, document_title, document_key) VALUES ({citations}, {org}, {messages}, {chunks}, {documents}, 1, '{mark}', 1, '{mark}', '{mark}/{mark}/{mark}.md')",
    ),
    (
        "retrieval_logs",
        "retrieval_logs",
        "INSERT INTO docent.retrieval_logs (id, organization_id, chatbot_id, session_id, message_id, query, retrieval_threshold, retrieval_k) VALUES ({retrieval_logs}, {org}, {chatbots}, {sessions}, {messages}, '{mark}', 0, 5)",
    ),
    (
        "events",
        "events",
        "INSERT INTO docent.events (id, organization_id, event_type, event_category, payload) VALUES ({events}, {org}, '{mark}', 'audit', '{{}}')",
    ),
    (
        "message_feedback",
        "message_feedback",
        "INSERT INTO docent.message_feedback (id, organization_id, message_id, session_id, chatbot_id, caller_kind, caller_id, rating, correction) VALUES ({message_feedback}, {org}, {messages}, {sessions}, {chatbots}, 'key', {api_keys}, 'negative', '{mark}')",
    ),
    (
        "session_feedback",
        "session_feedback",
        "INSERT INTO docent.session_feedback (id, organization_id, session_id, chatbot_id, caller_kind, caller_id, comments) VALUES ({session_feedback}, {org}, {sessions}, {chatbots}, 'key', {api_keys}, '{mark}')",
    ),
    (
        "",
        "message_reviews",
        "INSERT INTO docent.message_reviews (organization_id, message_id, session_id, note, handled_by) VALUES ({org}, {questions}, {sessions}, '{mark}', '{mark}')",
    ),
    (
        "escalations",
        "escalations",
        "INSERT INTO docent.escalations (id, organization_id, session_id, chatbot_id, opened_by_kind, opened_by_id, reason, summary) VALUES ({escalations}, {org}, {sessions}, {chatbots}, 'key', {api_keys}, 'agent', '{mark}')",
    ),
    (
        "escalation_notes",
        "escalation_notes",
        "INSERT INTO docent.escalation_notes (id, organization_id, escalation_id, author, content) VALUES ({escalation_notes}, {org}, {escalations}, '{mark}', '{mark}')",
    ),
    (
        "admin_feedback",
        "admin_feedback",
        "INSERT INTO docent.admin_feedback (id, organization_id, chatbot_id, message_id, feedback_text, feedback_type, created_by) VALUES ({admin_feedback}, {org}, {chatbots}, {messages}, '{mark}', 'tone', '{mark}')",
    ),
    (
        "gold_questions",
        "gold_questions",
        "INSERT INTO docent.gold_questions (id, organization_id, chatbot_id, question, expected_answer, created_by) VALUES ({gold_questions}, {org}, {chatbots}, '{mark}?', '{mark}', '{mark}')",
    ),
    (
        "replays",
        "replays",
        "INSERT INTO docent.replays (id, organization_id, chatbot_id, admin_feedback_id, base_config_version_id, config_version_id, status, total, created_by) VALUES ({replays}, {org}, {chatbots}, {admin_feedback}, {other_versions}, {config_versions}, 'completed', 1, '{mark}')",
    ),
    (
        "",
        "replay_questions",
        "INSERT INTO docent.replay_questions (organization_id, replay_id, place, kind, gold_question_id, question) VALUES ({org}, {replays}, 0, 'gold', {gold_questions}, '{mark}?')",
    ),
    (
        "",
        "replay_results",
        "INSERT INTO docent.replay_results (organization_id, replay_id, place, side, answer, abstained, confidence, latency_ms, prompt_tokens, completion_tokens) VALUES ({org}, {replays}, 0, 'before', '{mark}', false, 1, 1, 1, 1)",
    ),
    (
        "",
        "aggregate_wakes",
        "INSERT INTO docent.aggregate_wakes (organization_id, quiet_until) VALUES ({org}, now() + interval '1 day')",
    ),
    (
        "",
        "metric_days",
        "INSERT INTO docent.metric_days (organization_id, day) VALUES ({org}, current_date - 9)",
    ),
    (
        "",
        "metric_horizons",
        "INSERT INTO docent.metric_horizons (organization_id, messages_from) VALUES ({org}, current_date - 90)",
    ),
    (
        "",
        "daily_metrics",
        "INSERT INTO docent.daily_metrics SELECT (jsonb_populate_record(NULL::docent.daily_metrics, (SELECT jsonb_object_agg(attname, CASE WHEN attname IN ('model_usage', 'location_breakdown') THEN '[]' WHEN atttypid = 'jsonb'::regtype THEN '{{}}' ELSE '0' END::jsonb) FROM pg_attribute WHERE attrelid = 'docent.daily_metrics'::regclass AND attnum > 0 AND NOT attisdropped AND atttypid NOT IN ('uuid'::regtype, 'date'::regtype, 'timestamptz'::regtype)) || jsonb_build_object('id', gen_random_uuid(), 'created_at', now(), 'organization_id', {org}, 'chatbot_id', {chatbots}, 'metric_date', current_date - 1))).*",
    ),
    (
        "",
        "mv_sessions_daily",
        "INSERT INTO docent.mv_sessions_daily (organization_id, day, category, status, sessions_count, llm_latency_sum, llm_latency_count, qoe_sum, qoe_count) VALUES ({org}, current_date - 1, '{mark}', 'complete', 1, 0, 0, 0, 0)",
    ),
    (
        "",
        "mv_category_daily",
        "INSERT INTO docent.mv_category_daily (organization_id, day, category, sessions_count) VALUES ({org}, current_date - 1, '{mark}', 1)",
    ),
    (
        "data_subject_requests",
        "data_subject_requests",
        "INSERT INTO docent.data_subject_requests (id, organization_id, kind, subject_kind, status, error, created_by) VALUES ({data_subject_requests}, {org}, 'export', 'email', 'failed', '{mark}', '{mark}')",
    ),
    (
        "",
        "person_daily",
        "INSERT INTO docent.person_daily (organization_id, day, person, sessions_count, questions, answers, abstained, tokens, cost, unpriced) VALUES ({org}, current_date - 1, '{mark}', 1, 1, 1, 0, 1, 0, 0)",
    ),
    (
        "",
        "version_daily",
        "INSERT INTO docent.version_daily (organization_id, day, config_version_id, answers, answered, confidence_sum, confidence_squares, likes, dislikes) VALUES ({org}, current_date - 1, {config_versions}, 1, 1, 1, 1, 0, 0)",
    ),
    (
        "",
        "side_costs",
        "INSERT INTO docent.side_costs (organization_id, purpose, chatbot_id, model, tokens, cost) VALUES ({org}, 'replays', {chatbots}, '{mark}', 1, 1)",
    ),
    (
        "",
        "side_costs_daily",
        "INSERT INTO docent.side_costs_daily (organization_id, day, purpose, chatbot_id, calls, tokens, cost, unpriced) VALUES ({org}, current_date - 1, 'replays', {chatbots}, 1, 1, 1, 0)",
    ),
    (
        "",
        "retrieval_daily",
        "INSERT INTO docent.retrieval_daily (organization_id, day, chatbot_id, searches, empty_searches, rewritten_searches, reranked_searches, cited_searches, passages_sum, top_score_sum, top_score_count, latency_histogram) VALUES ({org}, current_date - 1, {chatbots}, 1, 0, 0, 0, 0, 1, 1, 1, '{{}}')",
    ),
    (
        "",
        "escalation_daily",
        "INSERT INTO docent.escalation_daily (organization_id, day, chatbot_id, status, priority, tickets, first_reply_sum, first_reply_count, resolution_sum, resolution_count) VALUES ({org}, current_date - 1, {chatbots}, '{mark}', 'medium', 1, 0, 0, 0, 0)",
    ),
    (
        "",
        "audience_daily",
        "INSERT INTO docent.audience_daily (organization_id, day, chatbot_id, platform, country, sessions_count, nps_promoters, nps_passives, nps_detractors, qoe_sum, qoe_count) VALUES ({org}, current_date - 1, {chatbots}, 'web', '{mark}', 1, 0, 0, 0, 0, 0)",
    ),
    (
        "files",
        "files",
        "INSERT INTO docent.files (id, organization_id, session_id, filename, content_type, size_bytes, status, text, extracted_characters) VALUES ({files}, {org}, {sessions}, '{mark}.txt', 'text/plain', 4, 'completed', '{mark}', 4)",
    ),
    (
        "file_passages",
        "file_passages",
        "INSERT INTO docent.file_passages (id, organization_id, file_id, place, content, search_vector) VALUES ({file_passages}, {org}, {files}, 0, '{mark}', to_tsvector('simple', '{mark}'))",
    ),
    (
        "ai_models",
        "ai_models",
        "INSERT INTO docent.ai_models (id, organization_id, provider, model_id, kind, display_name) VALUES ({ai_models}, {org}, 'bedrock', '{mark}', 'chat', '{mark}')",
    ),
    (
        "alert_rules",
        "alert_rules",
        "INSERT INTO docent.alert_rules (id, organization_id, name, rule) VALUES ({alert_rules}, {org}, '{mark}', '{\"metric\":\"answers\",\"aggregation\":\"count\",\"window_minutes\":15,\"comparison\":\"above\",\"threshold\":5,\"severity\":\"info\"}')",
    ),
    (
        "alerts",
        "alerts",
        "INSERT INTO docent.alerts (id, organization_id, rule_id, name, rule, severity, value, triggered_at) VALUES ({alerts}, {org}, {alert_rules}, '{mark}', '{\"metric\":\"answers\",\"aggregation\":\"count\",\"window_minutes\":15,\"comparison\":\"above\",\"threshold\":5,\"severity\":\"info\"}', 'info', 6, now())",
    ),
    (
        "notification_targets",
        "notification_targets",
        "INSERT INTO docent.notification_targets (id, organization_id, name, kind, address) VALUES ({notification_targets}, {org}, '{mark}', 'webhook', 'http://127.0.0.1:9/{mark}')",
    ),
    (
        "integrations",
        "integrations",
        "INSERT INTO docent.integrations (id, organization_id, kind, name, settings) VALUES ({integrations}, {org}, 'ticket_webhook', '{mark}', '{\"create\":{\"url\":\"http://127.0.0.1:9/{mark}\",\"body\":{}}}')",
    ),
    (
        "deliveries",
        "deliveries",
        "INSERT INTO docent.deliveries (id, organization_id, target_id, event, payload, status, delivered_at) VALUES ({deliveries}, {org}, {notification_targets}, 'alert.triggered', '{{}}', 'delivered', now())",
    ),
];

/// Tables of organizations that need no row here, and why.
pub const NEED_NO_ROW: &[(&str, &str)] =
    &[("embedding_spaces", "made by the operator, and everybody's to read; nobody has one of their own")];
