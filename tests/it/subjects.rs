//! What a person asks for about themselves: everything in one file, or that nothing is kept. Of two organizations with the same
//! person in them, only the one that is asked does anything.

use domain::{
    DataSubjectRequestId, OrganizationId, SessionId, UserId, limits,
    sealed::{Column, IdentityHashKey},
    subject::Wish,
};
use retention::{Progress, Retention};
use serde_json::{Value, json};
use std::io::{Cursor, Read as _};
use store::subjects::{self, Found, New, Request};
use tests::{
    Organization, Pipeline,
    faults::Trouble,
    kms::{Health, TestKms},
};
use tokio_postgres::Client;
use uuid::Uuid;
use vault::Vault;

mod aging;
mod asking;

/// What nobody else says: in every text of the person.
const CANARY: &str = "zebedee-canary";
const EMAIL: &str = "zebedee-canary@example.org";

fn hash(purpose: &str, value: &str) -> Vec<u8> {
    IdentityHashKey::new(&"k".repeat(32)).expect("long enough").hash(purpose, value)
}

/// By their address: who signs in with it, and whom callers call by it.
fn by_email() -> Found {
    Found {
        email_hash: Some(hash("email", EMAIL)),
        user_identifier_hash: Some(hash("user_identifier", EMAIL)),
        external_client_hash: Some(hash("external_client_id", EMAIL)),
        ..Found::default()
    }
}

/// What requests are worked on with, and what they are about.
struct Office {
    pipeline: Pipeline,
    kms: TestKms,
    admin: Client,
}

/// A person of an organization: who signs in, and is called by their address elsewhere.
struct Person {
    user: UserId,
    /// As the user, by the address as `user_identifier`, and as `external_client_id`.
    sessions: [SessionId; 3],
    files: Vec<String>,
}

impl Office {
    async fn start() -> Option<Self> {
        let pipeline = Pipeline::start().await;
        let admin = pipeline.database.admin().await?;
        Some(Self { pipeline, kms: TestKms::start().await, admin })
    }

    fn retention(&self) -> Retention {
        let function = self.pipeline.function();
        Retention {
            vault: self.kms.vault(&self.pipeline.database),
            bucket: function.bucket,
            database: function.database,
            most_file_bytes: limits::EXPORT_FILE_BYTES,
        }
    }

    async fn ask(&self, of: &Organization, wish: Wish, kind: &str, found: &Found) -> DataSubjectRequestId {
        let tx = of.tx().await;
        let new = New { wish, subject_kind: kind, found, created_by: "api_key:test" };
        let id = subjects::create(&tx, &new).await.expect("a request");
        tx.finish().await.expect("kept");
        id
    }

    async fn request(&self, of: &Organization, id: DataSubjectRequestId) -> Request {
        let tx = of.tx().await;
        let request = subjects::get(&tx, id).await.expect("read").expect("there");
        tx.finish().await.expect("read");
        request
    }

    /// Works until it is over.
    async fn work(&self, of: &Organization, id: DataSubjectRequestId) -> Request {
        while self.retention().work(of.id, id).await.expect("works") != Progress::Ended {}
        self.request(of, id).await
    }

    /// Asks, works, and says what came of it.
    async fn done(&self, of: &Organization, wish: Wish, kind: &str, found: &Found) -> Request {
        let id = self.ask(of, wish, kind, found).await;
        let request = self.work(of, id).await;
        assert_eq!((request.status.as_str(), &request.error), ("completed", &None));
        request
    }

    /// An export's files by their names.
    async fn export(&self, of: &Organization, id: DataSubjectRequestId) -> Vec<(String, Vec<u8>)> {
        let path = domain::subject::export_path(of.id, id);
        let bytes = self.pipeline.function().bucket.get_derived(&path).await.expect("S3").expect("an export");
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).expect("a ZIP file");
        let mut files = Vec::new();
        for at in 0..zip.len() {
            let mut file = zip.by_index(at).expect("a file");
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).expect("readable");
            files.push((file.name().expect("a name").into_owned(), bytes));
        }
        files
    }

    /// Tables of an organization, and keys of the bucket, that hold the canary; past every wall.
    async fn holding(&self, of: OrganizationId, bucket_prefixes: &[String]) -> Vec<String> {
        let mut holding = Vec::new();
        let tables = "SELECT relname::text, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id')
                        FROM pg_class c WHERE relnamespace = 'docent'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                         AND relname <> 'migrations' ORDER BY 1";
        let hex: String = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
        for row in self.admin.query(tables, &[]).await.expect("the catalogue") {
            let (table, has_tenant): (String, bool) = (row.get(0), row.get(1));
            let tenant = if has_tenant { "organization_id" } else { "id" };
            let sql = format!(
                "SELECT count(*) FROM docent.{table} t WHERE t.{tenant} = $1 AND (t::text ILIKE '%{CANARY}%' OR t::text ILIKE '%{hex}%')"
            );
            let rows: i64 = self.admin.query_one(&sql, &[&of.0]).await.expect("a count").get(0);
            if rows > 0 {
                holding.push(table);
            }
        }
        let bucket = self.pipeline.function().bucket;
        for prefix in bucket_prefixes {
            for object in bucket.list(prefix, None).await.expect("a list") {
                let mut bytes = bucket.get(&object.key, &object.etag).await.expect("bytes");
                let mut text = object.key.clone();
                while let Some(part) = bytes.try_next().await.expect("bytes") {
                    text.push_str(&String::from_utf8_lossy(&part));
                }
                if text.contains(CANARY) || object.key.ends_with(".zip") {
                    holding.push(object.key);
                }
            }
        }
        holding
    }

    async fn everywhere(&self, of: &Organization) -> Vec<String> {
        let prefixes = [
            format!("_sessions/{}/", of.id),
            format!("_derived/exports/{}/", of.id),
            format!("{}/", of.slug),
        ];
        self.holding(of.id, &prefixes).await
    }

    async fn number(&self, sql: &str) -> i64 {
        self.admin.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
    }

    /// A person with everything that can be known of one, canary and all.
    async fn person(&self, of: &Organization) -> Person {
        let vault = self.kms.vault(&self.pipeline.database);
        let (user, org, bot) = (UserId::generate(), of.id, of.chatbot);
        let invitation = Uuid::now_v7();
        let seal = async |column: Column, row: Uuid| {
            vault.seal_kept(column.of(org, row), EMAIL).await.expect("sealed").expect("a key")
        };
        let user_sealed = seal(Column::UserEmail, user.0).await;
        let invitation_sealed = seal(Column::InvitationEmail, invitation).await;
        let sql = "INSERT INTO docent.users (id, organization_id, external_id, username, display_name, email_hash, email_ciphertext, role)
                   VALUES ($1, $2, $3, $3, $3, $4, $5, 'client_service')";
        let email_hash = hash("email", EMAIL);
        self.admin
            .execute(sql, &[&user.0, &org.0, &CANARY, &email_hash, &user_sealed])
            .await
            .expect("a user");
        let sql = "INSERT INTO docent.invitations (id, organization_id, email_hash, email_ciphertext, role, display_name, expires_at, accepted_at, user_id)
                   VALUES ($1, $2, $3, $4, 'client_service', $5, now(), now(), $6)";
        self.admin
            .execute(sql, &[&invitation, &org.0, &email_hash, &invitation_sealed, &CANARY, &user.0])
            .await
            .expect("an invitation");
        let mut sessions = Vec::new();
        let mut files = Vec::new();
        for which in 0..3 {
            let session = SessionId::generate();
            let identifier = seal(Column::SessionUserIdentifier, session.0).await;
            let client = seal(Column::SessionExternalClientId, session.0).await;
            let sql = "INSERT INTO docent.sessions (id, organization_id, chatbot_id, user_id, user_identifier_hash, user_identifier_ciphertext,
                           external_client_hash, external_client_ciphertext, title, message_count, next_sequence)
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 2, 3)";
            let (user_id, by_name, by_client) = match which {
                0 => (Some(user.0), None, None),
                1 => (None, Some((hash("user_identifier", EMAIL), identifier)), None),
                _ => (None, None, Some((hash("external_client_id", EMAIL), client))),
            };
            let (name_hash, name) = by_name.unzip();
            let (client_hash, client) = by_client.unzip();
            self.admin
                .execute(
                    sql,
                    &[
                        &session.0,
                        &org.0,
                        &bot.0,
                        &user_id,
                        &name_hash,
                        &name,
                        &client_hash,
                        &client,
                        &CANARY,
                    ],
                )
                .await
                .expect("a session");
            self.conversation(of, session).await;
            let file = Uuid::now_v7();
            let sql = "INSERT INTO docent.files (id, organization_id, session_id, filename, content_type, size_bytes, status, text, extracted_characters)
                       VALUES ($1, $2, $3, $4, 'text/plain', 20, 'completed', $5, 14)";
            let filename = format!("{CANARY}.txt");
            self.admin.execute(sql, &[&file, &org.0, &session.0, &filename, &CANARY]).await.expect("a file");
            let key = format!("_sessions/{org}/{session}/{file}/{filename}");
            let upload = objects::Upload {
                content_type: "text/plain",
                metadata: Vec::new(),
                bytes: format!("all of {CANARY}").into_bytes(),
            };
            self.pipeline.function().bucket.put(&key, upload).await.expect("an object");
            files.push(key);
            sessions.push(session);
        }
        self.beside(of, user).await;
        Person { user, sessions: sessions.try_into().expect("three"), files }
    }

    /// A question and its answer, and all that is kept of them.
    async fn conversation(&self, of: &Organization, session: SessionId) {
        let ids: [Uuid; 8] = std::array::from_fn(|_| Uuid::now_v7());
        let [question, answer, ticket, feedback, curated, criticism, replay, version] = ids;
        let (org, bot, space) = (of.id, of.chatbot, of.space.id);
        let statements = format!(
            "INSERT INTO docent.messages (id, organization_id, session_id, sequence_number, role, content, original_content, is_edited, search_vector, llm_response)
             VALUES ('{question}', '{org}', '{session}', 1, 'user', 'what of {CANARY}?', 'who is {CANARY}?', true, to_tsvector('simple', '{CANARY}'), NULL),
                    ('{answer}', '{org}', '{session}', 2, 'assistant', 'of {CANARY}.', NULL, false, NULL, '{{\"said\": \"{CANARY}\"}}');
             INSERT INTO docent.citations (id, organization_id, message_id, file_id, marker, quoted_span, score, document_title)
             VALUES (gen_random_uuid(), '{org}', '{answer}', gen_random_uuid(), 1, '{CANARY}', 1, '{CANARY}.txt');
             INSERT INTO docent.retrieval_logs (id, organization_id, session_id, message_id, query, rewritten_query, retrieval_threshold, retrieval_k)
             VALUES ('{question}', '{org}', '{session}', '{question}', '{CANARY}', '{CANARY}', 0, 5);
             INSERT INTO docent.curated_answers (id, organization_id, chatbot_id, question, answer, source, search_vector)
             VALUES ('{curated}', '{org}', '{bot}', 'what of {CANARY}?', 'this', 'correction', ''::tsvector);
             INSERT INTO docent.curated_embeddings (organization_id, curated_answer_id, space_id, vector)
             SELECT '{org}', '{curated}', '{space}', array_fill(0.1::real, ARRAY[s.dimension])::vector::halfvec
               FROM docent.embedding_spaces s WHERE s.id = '{space}';
             INSERT INTO docent.message_feedback (id, organization_id, message_id, session_id, chatbot_id, caller_kind, caller_id, rating, reason, correction, curated_answer_id)
             VALUES ('{feedback}', '{org}', '{answer}', '{session}', '{bot}', 'session', '{session}', 'negative', '{CANARY}', '{CANARY}', '{curated}');
             INSERT INTO docent.session_feedback (id, organization_id, session_id, chatbot_id, caller_kind, caller_id, comments)
             VALUES ('{feedback}', '{org}', '{session}', '{bot}', 'session', '{session}', '{CANARY}');
             INSERT INTO docent.message_reviews (organization_id, message_id, session_id, note, handled_by)
             VALUES ('{org}', '{answer}', '{session}', '{CANARY}', 'api_key:x');
             INSERT INTO docent.escalations (id, organization_id, session_id, chatbot_id, opened_by_kind, reason, summary, details)
             VALUES ('{ticket}', '{org}', '{session}', '{bot}', 'rule', 'risk', '{CANARY}', '{{\"said\": \"{CANARY}\"}}');
             INSERT INTO docent.escalation_notes (id, organization_id, escalation_id, author, content)
             VALUES ('{ticket}', '{org}', '{ticket}', 'user:x', '{CANARY}');
             INSERT INTO docent.config_versions (id, organization_id, chatbot_id, number, llm_model, embedding_model, system_prompt, fallback_message)
             SELECT '{version}', '{org}', '{bot}', max(v.number) + 1, 'm', '{space}', 's', 'f' FROM docent.config_versions v WHERE v.chatbot_id = '{bot}';
             INSERT INTO docent.admin_feedback (id, organization_id, chatbot_id, message_id, feedback_text, feedback_type, context, suggested_improvements, created_by)
             VALUES ('{criticism}', '{org}', '{bot}', '{answer}', 'wrong of {CANARY}', 'accuracy', '{CANARY}', '[{{\"to\": \"{CANARY}\"}}]', 'api_key:x');
             INSERT INTO docent.replays (id, organization_id, chatbot_id, admin_feedback_id, proposals, base_config_version_id, config_version_id, total, created_by)
             VALUES ('{replay}', '{org}', '{bot}', '{criticism}', '[{{\"to\": \"{CANARY}\"}}]', '{version}', '{version}', 1, 'api_key:x');
             INSERT INTO docent.replay_questions (organization_id, replay_id, place, kind, message_id, question)
             VALUES ('{org}', '{replay}', 0, 'recent', '{question}', 'what of {CANARY}?'), ('{org}', '{replay}', 1, 'gold', NULL, 'what else?');
             INSERT INTO docent.replay_results (organization_id, replay_id, place, side, answer, abstained, confidence, latency_ms, prompt_tokens, completion_tokens)
             VALUES ('{org}', '{replay}', 0, 'before', '{CANARY}', false, 1, 1, 1, 1), ('{org}', '{replay}', 1, 'before', 'else', false, 1, 1, 1, 1);
             INSERT INTO docent.idempotency_keys (organization_id, caller_id, key, fingerprint, response)
             VALUES ('{org}', gen_random_uuid(), '{question}', sha256('a'), jsonb_build_object('message', jsonb_build_object('id', '{answer}', 'content', '{CANARY}'))),
                    ('{org}', '{session}', 'own of {CANARY}', sha256('a'), NULL);
             INSERT INTO docent.rate_limits (organization_id, subject_id, tokens) VALUES ('{org}', '{session}', 1);
             INSERT INTO docent.events (id, organization_id, event_type, event_category, session_id, resource_type, resource_id, payload)
             VALUES (gen_random_uuid(), '{org}', 'message_received', 'user_action', '{session}', 'message', '{question}', '{{\"of\": \"{CANARY}\"}}'),
                    (gen_random_uuid(), '{org}', 'identifiers_read', 'audit', '{session}', 'session', '{session}', '{{\"by\": \"api_key:x\"}}');"
        );
        self.admin.batch_execute(&statements).await.expect("a conversation");
    }

    /// What a user leaves elsewhere: an opinion and a note on somebody else's conversation, an answer under a key of their own.
    async fn beside(&self, of: &Organization, user: UserId) {
        let (org, bot) = (of.id, of.chatbot);
        let [session, answer, ticket]: [Uuid; 3] = std::array::from_fn(|_| Uuid::now_v7());
        let caller = domain::Caller::Person { organization: org, subject: CANARY.into() }.id();
        let hex = hex::encode(hash("user_identifier", EMAIL));
        let statements = format!(
            "INSERT INTO docent.sessions (id, organization_id, chatbot_id, title) VALUES ('{session}', '{org}', '{bot}', 'somebody else');
             INSERT INTO docent.message_feedback (id, organization_id, message_id, session_id, chatbot_id, caller_kind, caller_id, rating, reason)
             VALUES (gen_random_uuid(), '{org}', '{answer}', '{session}', '{bot}', 'user', '{user}', 'negative', '{CANARY}');
             INSERT INTO docent.session_feedback (id, organization_id, session_id, chatbot_id, caller_kind, caller_id, comments)
             VALUES (gen_random_uuid(), '{org}', '{session}', '{bot}', 'user', '{user}', '{CANARY}');
             INSERT INTO docent.escalations (id, organization_id, session_id, chatbot_id, opened_by_kind, opened_by_id, reason, summary)
             VALUES ('{ticket}', '{org}', '{session}', '{bot}', 'user', '{user}', 'agent', 'somebody else wants help');
             INSERT INTO docent.escalation_notes (id, organization_id, escalation_id, author, content)
             VALUES (gen_random_uuid(), '{org}', '{ticket}', 'user:{user}', 'I look after it');
             INSERT INTO docent.idempotency_keys (organization_id, caller_id, key, fingerprint, response)
             VALUES ('{org}', '{caller}', '{CANARY}', sha256('a'), '{{\"name\": \"{CANARY}\"}}');
             INSERT INTO docent.rate_limits (organization_id, subject_id, tokens) VALUES ('{org}', '{user}', 1);
             INSERT INTO docent.person_daily (organization_id, day, person, user_id, sessions_count, questions, answers, abstained, tokens, cost, unpriced)
             VALUES ('{org}', current_date - 1, '{user}', '{user}', 1, 1, 1, 0, 1, 0, 0), ('{org}', current_date - 1, '{hex}', NULL, 1, 1, 1, 0, 1, 0, 0);
             INSERT INTO docent.events (id, organization_id, event_type, event_category, payload)
             VALUES (gen_random_uuid(), '{org}', 'addresses_read', 'audit', '{{\"by\": \"user:{user}\"}}');"
        );
        self.admin.batch_execute(&statements).await.expect("what is beside");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_erased_person_is_found_anywhere() {
    let Some(office) = Office::start().await else { return };
    let acme = &office.pipeline.organization;
    let globex = Organization::create(&office.pipeline.database, "globex").await;
    let (ann, other) = (office.person(acme).await, office.person(&globex).await);
    let nobody = office.person_free(acme).await;
    let export = office.done(acme, Wish::Export, "email", &by_email()).await;
    assert!(export.has_export && export.export_bytes > Some(0));
    let of_another = office.everywhere(&globex).await;
    let before = office.everywhere(acme).await;
    let expected = [
        "admin_feedback",
        "citations",
        "curated_answers",
        "escalation_notes",
        "escalations",
        "events",
        "files",
        "idempotency_keys",
        "invitations",
        "message_feedback",
        "message_reviews",
        "messages",
        "replay_questions",
        "replay_results",
        "replays",
        "retrieval_logs",
        "session_feedback",
        "sessions",
        "users",
    ];
    assert_eq!(
        before.iter().filter(|one| !one.contains('/')).collect::<Vec<_>>(),
        expected,
        "the canary sings"
    );
    assert!(ann.files.iter().all(|key| before.contains(key)), "{before:?}");

    let erased = office.done(acme, Wish::Erase, "email", &by_email()).await;
    assert_eq!(office.everywhere(acme).await, Vec::<String>::new(), "{}", erased.report);
    assert_eq!(office.everywhere(&globex).await, of_another, "the same person of another organization");
    assert_eq!(erased.subject_id, None);
    let kept = "SELECT count(*) FROM docent.data_subject_requests WHERE num_nonnulls(user_id, session_id, email_hash,
                user_identifier_hash, external_client_hash) > 0";
    assert_eq!(office.number(kept).await, 0, "nor who it was");
    assert!(!office.request(acme, export.id).await.has_export);
    let rows = &erased.report["rows"];
    let removed = |table: &str| rows[table].as_i64().unwrap_or_else(|| panic!("no {table}: {rows}"));
    for (table, number) in [
        ("sessions", 3),
        ("messages", 6),
        ("citations", 3),
        ("retrieval_logs", 3),
        ("files", 3),
        ("curated_answers", 3),
        ("message_feedback", 4),
        ("session_feedback", 4),
        ("message_reviews", 3),
        ("escalations", 3),
        ("escalation_notes", 3),
        ("admin_feedback", 3),
        ("replay_questions", 3),
        ("replay_results", 3),
        ("idempotency_keys", 7),
        ("rate_limits", 4),
        ("events", 3),
        ("person_daily", 2),
        ("users", 1),
        ("invitations", 1),
    ] {
        assert_eq!(removed(table), number, "{table}: {rows}");
    }
    assert_eq!(erased.report["objects"], json!({ "attached_files": 3, "exports": 1 }));
    // What is others' stays, and can be read: tickets, notes, who read what.
    let org = acme.id;
    for (sql, number) in [
        (format!("SELECT count(*) FROM docent.sessions WHERE organization_id = '{org}'"), 2),
        (format!("SELECT count(*) FROM docent.messages WHERE organization_id = '{org}'"), 1),
        (format!("SELECT count(*) FROM docent.escalations WHERE organization_id = '{org}'"), 1),
        (
            format!(
                "SELECT count(*) FROM docent.escalation_notes WHERE organization_id = '{org}' AND author = 'user:{}'",
                ann.user
            ),
            1,
        ),
        (format!("SELECT count(*) FROM docent.replay_questions WHERE organization_id = '{org}'"), 3),
        (
            format!(
                "SELECT count(*) FROM docent.events WHERE organization_id = '{org}' AND event_type = 'identifiers_read'"
            ),
            3,
        ),
        (format!("SELECT count(*) FROM docent.sessions WHERE id = '{nobody}'"), 1),
    ] {
        assert_eq!(office.number(&sql).await, number, "{sql}");
    }
    assert_eq!(other.sessions.len(), 3);

    // Again, and of whom nobody knows: zeros, and no error.
    let again = office.done(acme, Wish::Erase, "email", &by_email()).await;
    let zeros = again.report["rows"].as_object().expect("rows").values().all(|number| *number == 0);
    assert!(zeros, "{}", again.report);
    let export = office.done(acme, Wish::Export, "email", &by_email()).await;
    assert_eq!(export.report["rows"]["messages"], Value::Null, "{}", export.report);
    let user = Found { user: Some(ann.user), ..Found::default() };
    assert!(office.done(acme, Wish::Erase, "user_id", &user).await.report["rows"]["users"] == 0);
}

impl Office {
    /// A conversation of nobody in particular.
    async fn person_free(&self, of: &Organization) -> SessionId {
        let session = SessionId::generate();
        let (org, bot) = (of.id, of.chatbot);
        let sql = format!(
            "INSERT INTO docent.sessions (id, organization_id, chatbot_id) VALUES ('{session}', '{org}', '{bot}');
             INSERT INTO docent.messages (id, organization_id, session_id, sequence_number, role, content)
             VALUES (gen_random_uuid(), '{org}', '{session}', 1, 'user', 'anything else?')"
        );
        self.admin.batch_execute(&sql).await.expect("a session");
        session
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_everything_about_the_person_and_nothing_of_others() {
    let Some(office) = Office::start().await else { return };
    let acme = &office.pipeline.organization;
    let globex = Organization::create(&office.pipeline.database, "globex").await;
    let ann = office.person(acme).await;
    let other = office.person(&globex).await;
    office.person_free(acme).await;
    let export = office.done(acme, Wish::Export, "email", &by_email()).await;
    assert_eq!(export.report["objects"], json!({ "attached_files": 3, "attached_files_left_out": 0 }));
    assert_eq!(
        (&export.report["rows"]["sessions"], &export.report["rows"]["messages"]),
        (&json!(3), &json!(6))
    );
    let files = office.export(acme, export.id).await;
    let text = |name: &str| {
        let found = files.iter().find(|(file, _)| file == name).unwrap_or_else(|| panic!("no {name}"));
        String::from_utf8(found.1.clone()).expect("text")
    };
    let read = |name: &str| serde_json::from_str::<Value>(&text(name)).expect("JSON");
    let person = read("person.json");
    assert_eq!(
        (&person["users"][0]["email"], &person["users"][0]["display_name"]),
        (&json!(EMAIL), &json!(CANARY))
    );
    assert_eq!(person["invitations"][0]["email"], EMAIL);
    assert_eq!(person["figures"].as_array().map(Vec::len), Some(2));
    assert_eq!(person["escalation_notes"][0]["content"], "I look after it");
    assert_eq!(person["message_feedback"][0]["reason"], CANARY);
    assert_eq!(person["audit"][0]["event_type"], "addresses_read");
    for (at, session) in ann.sessions.iter().enumerate() {
        let told = read(&format!("sessions/{session}.json"));
        assert_eq!(told["messages"][0]["original_content"], format!("who is {CANARY}?"), "{told}");
        for part in [
            "citations",
            "retrieval_logs",
            "files",
            "message_feedback",
            "session_feedback",
            "message_reviews",
            "escalations",
            "curated_answers",
            "criticism",
            "replays",
            "events",
        ] {
            assert!(told[part].as_array().is_some_and(|rows| !rows.is_empty()), "{part}: {told}");
        }
        assert_eq!(told["escalations"][0]["notes"][0]["content"], CANARY);
        assert_eq!(told["replays"][0]["results"][0]["answer"], CANARY);
        let names = (&told["session"]["user_identifier"], &told["session"]["external_client_id"]);
        let opened =
            [(&Value::Null, &Value::Null), (&json!(EMAIL), &Value::Null), (&Value::Null, &json!(EMAIL))];
        assert_eq!(names, opened[at]);
        for hidden in ["hash", "ciphertext", "search_vector"] {
            assert!(!told["session"].to_string().contains(hidden), "{told}");
        }
        let file = ann.files[at].strip_prefix(&format!("_sessions/{}/", acme.id)).expect("ours");
        assert_eq!(text(&format!("files/{file}")), format!("all of {CANARY}"));
    }
    assert_eq!(read("about.json")["rows"]["messages"], 6);
    let all: String =
        files.iter().map(|(name, bytes)| format!("{name}{}", String::from_utf8_lossy(bytes))).collect();
    for foreign in [
        other.user.to_string(),
        other.sessions[0].to_string(),
        "anything else?".into(),
        globex.id.to_string(),
    ] {
        assert!(!all.contains(&foreign), "{foreign}");
    }

    // By less, less: the user's own conversation, one session, the client's id.
    let user = Found { user: Some(ann.user), ..Found::default() };
    let one = Found { session: Some(ann.sessions[1]), ..Found::default() };
    let client = Found { external_client_hash: by_email().external_client_hash, ..Found::default() };
    for (kind, found, at) in [("user_id", user, 0), ("session_id", one, 1), ("external_client_id", client, 2)]
    {
        let export = office.done(acme, Wish::Export, kind, &found).await;
        let files = office.export(acme, export.id).await;
        let of_sessions: Vec<_> = files.iter().filter(|(name, _)| name.starts_with("sessions/")).collect();
        assert_eq!(of_sessions.len(), 1, "{kind}");
        assert_eq!(of_sessions[0].0, format!("sessions/{}.json", ann.sessions[at]));
    }

    // There is room for so many bytes: what fits exactly is in, one byte less and the last is named.
    let bytes = 3 * format!("all of {CANARY}").len() as u64;
    for (most, left_out) in [(bytes, 0), (bytes - 1, 1)] {
        let id = office.ask(acme, Wish::Export, "email", &by_email()).await;
        let retention = Retention { most_file_bytes: most, ..office.retention() };
        assert_eq!(retention.work(acme.id, id).await.expect("works"), Progress::Ended);
        let objects = &office.request(acme, id).await.report["objects"];
        assert_eq!(objects["attached_files_left_out"], left_out, "{objects}");
        let about =
            office.export(acme, id).await.into_iter().find(|(name, _)| name == "about.json").expect("about");
        let about: Value = serde_json::from_slice(&about.1).expect("JSON");
        assert_eq!(about["files_left_out"]["files"].as_array().map(Vec::len), Some(left_out));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_unit_is_gone_on_with_and_a_second_delivery_does_nothing_twice() {
    let Some(office) = Office::start().await else { return };
    let acme = &office.pipeline.organization;
    office.person(acme).await;
    // S3 breaks off: what was done is reported once, and the next one goes on.
    let id = office.ask(acme, Wish::Erase, "email", &by_email()).await;
    office.pipeline.s3.harm(0, usize::MAX, Trouble::Status(403, "AccessDenied"));
    office.retention().work(acme.id, id).await.expect_err("no S3");
    assert_eq!(office.request(acme, id).await.status, "running");
    office.pipeline.s3.heal();
    // A killed one holds it for a while; whoever comes meanwhile looks again later.
    let held = "UPDATE docent.data_subject_requests SET worked_until = now() + interval '1 minute'";
    office.admin.batch_execute(held).await.expect("held");
    assert_eq!(office.retention().work(acme.id, id).await.expect("looks"), Progress::Busy);
    office
        .admin
        .batch_execute("UPDATE docent.data_subject_requests SET worked_until = now()")
        .await
        .expect("over");
    let (one, two) = (office.retention(), office.retention());
    let (first, second) = tokio::join!(one.work(acme.id, id), two.work(acme.id, id));
    let mut both = [first.expect("works"), second.expect("works")];
    both.sort_by_key(|progress| *progress == Progress::Ended);
    assert_eq!(both[1], Progress::Ended);
    let request = office.work(acme, id).await;
    assert_eq!((request.status.as_str(), &request.report["rows"]["sessions"]), ("completed", &json!(3)));
    assert_eq!(office.retention().work(acme.id, id).await.expect("nothing"), Progress::Ended);
    assert_eq!(office.request(acme, id).await.report, request.report, "delivered again");

    // What breaks off five times in a row is given up, and says so.
    let id = office
        .ask(
            acme,
            Wish::Erase,
            "session_id",
            &Found { session: Some(office.person_free(acme).await), ..Found::default() },
        )
        .await;
    office.pipeline.s3.harm(0, usize::MAX, Trouble::Status(403, "AccessDenied"));
    for _ in 1..limits::SUBJECT_FAILURES {
        office.retention().work(acme.id, id).await.expect_err("no S3");
    }
    assert_eq!(office.retention().work(acme.id, id).await.expect("given up"), Progress::Ended);
    office.pipeline.s3.heal();
    let request = office.request(acme, id).await;
    assert!(request.status == "failed" && request.error.is_some(), "{request:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_and_exports_go_after_their_days() {
    let Some(office) = Office::start().await else { return };
    let acme = &office.pipeline.organization;
    let ann = office.person(acme).await;
    office
        .admin
        .execute("UPDATE docent.users SET role = 'admin' WHERE id = $1", &[&ann.user.0])
        .await
        .expect("one");
    let id = office.ask(acme, Wish::Erase, "email", &by_email()).await;
    let request = office.work(acme, id).await;
    assert_eq!(request.status, "failed");
    assert!(request.error.is_some_and(|why| why.contains("last administrator")));
    let all = "SELECT count(*) FROM docent.sessions";
    assert_eq!(office.number(all).await, 4, "nothing was begun");

    let export = office.done(acme, Wish::Export, "email", &by_email()).await;
    let age = |hours: i32| {
        format!(
            "UPDATE docent.data_subject_requests SET completed_at = now() - interval '{hours} hours' WHERE kind = 'export'"
        )
    };
    let prefix = format!("_derived/exports/{}/", acme.id);
    // One that nobody knows of: its function died before it noted it.
    let stray = domain::subject::export_path(acme.id, DataSubjectRequestId::generate());
    office.pipeline.function().bucket.put_derived(&stray, "application/zip", vec![1]).await.expect("kept");
    office.admin.batch_execute(&age(24 * limits::EXPORT_DAYS - 1)).await.expect("aged");
    assert_eq!(office.retention().sweep_exports(acme.id).await.expect("swept"), 1);
    assert_eq!(office.pipeline.objects(&prefix).await.len(), 1, "the last hour");
    assert!(office.request(acme, export.id).await.has_export);
    office.admin.batch_execute(&age(24 * limits::EXPORT_DAYS)).await.expect("aged");
    assert!(!office.request(acme, export.id).await.has_export);
    assert_eq!(office.retention().sweep_exports(acme.id).await.expect("swept"), 1);
    assert_eq!(office.pipeline.objects(&prefix).await.len(), 0);
    let left =
        "SELECT count(*) FROM docent.data_subject_requests WHERE kind = 'export' AND email_hash IS NOT NULL";
    assert_eq!(office.number(left).await, 0, "nor whom it was about");
    // What is not over and nobody is at is found again.
    let id = office.ask(acme, Wish::Export, "email", &by_email()).await;
    assert_eq!(office.retention().idle(acme.id).await.expect("read"), [id]);
    // An export that is being made while its person is erased is not wanted any more.
    office
        .admin
        .execute("UPDATE docent.users SET role = 'member' WHERE id = $1", &[&ann.user.0])
        .await
        .expect("one");
    office.done(acme, Wish::Erase, "email", &by_email()).await;
    let request = office.work(acme, id).await;
    assert!(request.status == "failed" && !request.has_export, "{request:?}");
    assert_eq!(office.pipeline.objects(&prefix).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_waits_for_the_key_and_without_one_tells_what_it_can() {
    let Some(office) = Office::start().await else { return };
    let acme = &office.pipeline.organization;
    office.person(acme).await;
    let id = office.ask(acme, Wish::Export, "email", &by_email()).await;
    office.kms.is(Health::Broken);
    office.retention().work(acme.id, id).await.expect_err("no key");
    office.kms.is(Health::Well);
    assert_eq!(office.work(acme, id).await.status, "completed");
    let id = office.ask(acme, Wish::Export, "email", &by_email()).await;
    let retention = Retention { vault: Vault::without_key(), ..office.retention() };
    assert_eq!(retention.work(acme.id, id).await.expect("works"), Progress::Ended);
    let files = office.export(acme, id).await;
    let person = files.iter().find(|(name, _)| name == "person.json").expect("the person");
    let person: Value = serde_json::from_slice(&person.1).expect("JSON");
    assert_eq!(
        (&person["users"][0]["email"], &person["users"][0]["username"]),
        (&Value::Null, &json!(CANARY))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sessions_than_one_person_has_are_no_export() {
    let Some(office) = Office::start().await else { return };
    let acme = &office.pipeline.organization;
    let client =
        Found { external_client_hash: Some(hash("external_client_id", "everybody")), ..Found::default() };
    let sql = "INSERT INTO docent.sessions (id, organization_id, chatbot_id, external_client_hash)
               SELECT gen_random_uuid(), $1, $2, $3 FROM generate_series(1, $4)";
    let most = i32::try_from(limits::EXPORT_SESSIONS).expect("a number");
    let many = most + 1;
    office
        .admin
        .execute(sql, &[&acme.id.0, &acme.chatbot.0, &client.external_client_hash, &many])
        .await
        .expect("many");
    let id = office.ask(acme, Wish::Export, "external_client_id", &client).await;
    let request = office.work(acme, id).await;
    assert!(request.status == "failed" && request.error.is_some(), "{request:?}");
    let one = "UPDATE docent.sessions SET external_client_hash = NULL WHERE id = (SELECT id FROM docent.sessions LIMIT 1)";
    office.admin.batch_execute(one).await.expect("one less");
    let export = office.done(acme, Wish::Export, "external_client_id", &client).await;
    assert_eq!(export.report["rows"]["sessions"], most);
}
