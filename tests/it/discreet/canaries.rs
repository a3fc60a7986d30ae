//! Canaries: what nobody must see is unmistakable here, and goes every way there is; then the logs of every function and of the
//! database, every error's answer, and every row of every table are searched for it.

use crate::{
    admin::uploads::send,
    stack::support::{Shared, stack},
};
use aws_sdk_kms::{Client as Kms, primitives::Blob};
use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::{fmt::Write as _, path::Path, time::Duration};
use tests::{database::connect, issuer::Verified};
use tokio::time::{sleep, timeout};

const SLUG: &str = "canaries";

/// Where something may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// In no log, no error's answer, no row: a secret.
    Nowhere,
    /// In no log and no row, where it is sealed or hashed: who somebody is.
    Sealed,
    /// In no log: what people say and what documents hold.
    Unlogged,
}

/// What is searched for.
struct Canary {
    what: &'static str,
    /// As it is written, in hexadecimal digits, in both alphabets of base64.
    forms: Vec<String>,
    kept: Kept,
}

/// All that went out, and the errors that came back.
struct Cage {
    shared: &'static Shared,
    key: String,
    canaries: Vec<Canary>,
    errors: Vec<(String, String)>,
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name}: {value}"))
}

/// The secret part of a key of ours.
fn secret(key: &str) -> &str {
    key.splitn(4, '_').nth(3).unwrap_or_else(|| panic!("no key of ours"))
}

/// The part of a token that nobody else can make.
fn signature(token: &str) -> &str {
    token.rsplit('.').next().filter(|part| part.len() > 30).unwrap_or_else(|| panic!("no token"))
}

impl Cage {
    fn add(&mut self, what: &'static str, kept: Kept, value: &str) {
        assert!(value.len() >= 8, "{what} would be found by chance");
        self.add_bytes(what, kept, value.as_bytes());
        self.canaries.last_mut().expect("the one of before").forms.push(value.to_owned());
    }

    fn add_bytes(&mut self, what: &'static str, kept: Kept, bytes: &[u8]) {
        let mut forms: Vec<String> = vec![
            hex::encode(bytes),
            BASE64_STANDARD_NO_PAD.encode(bytes),
            BASE64_URL_SAFE_NO_PAD.encode(bytes),
        ];
        forms.dedup();
        self.canaries.push(Canary { what, forms, kept });
    }

    /// A word that nobody else says.
    fn word(&mut self, what: &'static str, kept: Kept) -> String {
        let word = format!(
            "canary{}{}",
            what.replace(|letter: char| !letter.is_ascii_lowercase(), ""),
            uuid::Uuid::new_v4().simple()
        );
        self.add(what, kept, &word);
        word
    }

    async fn sent(&self, who: &str, method: Method, path: &str, body: Value, expected: u16) -> Value {
        let sent = if body.is_null() { String::new() } else { body.to_string() };
        let (status, answer) = self.shared.call(who, method.clone(), path, sent).await;
        assert_eq!(status.as_u16(), expected, "{method} {path}: {answer}");
        answer
    }

    async fn own(&self, method: Method, path: &str, body: Value, expected: u16) -> Value {
        self.sent(&self.key, method, path, body, expected).await
    }

    /// A request that is refused; what the refusal says.
    async fn refused(&mut self, headers: &[(&str, &str)], method: Method, path: &str, body: &str) {
        let bearer = format!("Bearer {}", self.key);
        let mut sent = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
        sent.retain(|(name, _)| headers.iter().all(|(other, _)| other != name));
        sent.extend(headers);
        let (status, answer) = self.shared.call_with(&sent, method.clone(), path, body.to_owned()).await;
        assert!(status.is_client_error() || status.is_server_error(), "{method} {path}: {status} {answer}");
        self.errors.push((format!("{method} {path}: {status}"), answer.to_string()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_canary_sings_in_logs_errors_or_the_database() {
    let shared = stack().await;
    let made = shared.organization(SLUG).await;
    let key = text(&made, "api_key").to_owned();
    let mut cage = Cage { shared, key: key.clone(), canaries: Vec::new(), errors: Vec::new() };
    cage.add("the organization's first key", Kept::Nowhere, secret(&key));
    deployments(&mut cage);
    let chatbot = format!("/api/v1/chatbots/{}", text(&made, "chatbot_id"));
    credentials(&mut cage).await;
    let person = people(&mut cage).await;
    documents(&mut cage).await;
    let session = conversation(&mut cage, &chatbot, &person).await;
    programs(&mut cage, text(&made, "chatbot_id")).await;
    keepers(&mut cage, &chatbot, &session).await;
    errors(&mut cage, &chatbot, &session).await;
    operators(&mut cage, text(&made, "organization_id")).await;
    searched(&cage).await;
}

/// What the deployment itself is made with.
fn deployments(cage: &mut Cage) {
    let file = std::fs::read(cage.shared.folder().join("secrets.json")).expect("the stack's secrets");
    let secrets: Value = serde_json::from_slice(&file).expect("JSON");
    for (what, name) in [
        ("the owner's password", "owner_password"),
        ("the application's password", "application_password"),
        ("the key of hashes", "identity_hash_key"),
        ("the key of session tokens", "session_token_key"),
        ("the platform's key", "secret_access_key"),
    ] {
        cage.add(what, Kept::Nowhere, text(&secrets, name));
    }
    let file = std::fs::read(cage.shared.folder().join("kms.json")).expect("the keys of KMS");
    let keys: Value = serde_json::from_slice(&file).expect("JSON");
    for (_, key) in keys.as_object().expect("keys") {
        let bytes = hex::decode(key.as_str().expect("digits")).expect("digits");
        cage.add_bytes("a key of KMS", Kept::Nowhere, &bytes);
    }
}

/// Keys and secrets that are shown once.
async fn credentials(cage: &mut Cage) {
    let once = cage.word("an idempotency key", Kept::Nowhere);
    let wish = json!({ "name": "machine", "scopes": ["chat"] }).to_string();
    for _ in 0..2 {
        let header = ("idempotency-key", once.as_str());
        let (status, _, answer) =
            cage.shared.with_header(&cage.key, Method::POST, "/api/v1/api-keys", &wish, header).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        if let Some(key) = answer["api_key"].as_str() {
            cage.add("a key that was made", Kept::Nowhere, secret(key));
        }
    }
    cage.refused(
        &[("idempotency-key", &once)],
        Method::POST,
        "/api/v1/api-keys",
        r#"{"name":"other","scopes":["chat"]}"#,
    )
    .await;
    let name = cage.word("a target", Kept::Unlogged);
    let target = json!({ "name": name, "address": "http://127.0.0.1:9/hook", "severity": "info" });
    let made = cage.own(Method::POST, "/api/v1/notification-targets", target, 201).await;
    let told = text(&made, "secret").to_owned();
    cage.add("a webhook's secret", Kept::Nowhere, told.trim_start_matches("whsec_"));
    cage.own(
        Method::POST,
        &format!("/api/v1/notification-targets/{}/test", text(&made, "id")),
        Value::Null,
        202,
    )
    .await;
}

/// Who is invited, and joins; their token.
async fn people(cage: &mut Cage) -> String {
    let (local, name, unit) = (
        cage.word("an address", Kept::Sealed),
        cage.word("a name", Kept::Unlogged),
        cage.word("a unit", Kept::Unlogged),
    );
    let email = format!("{local}@example.org");
    let wish = json!({ "email": email, "role": "admin", "display_name": name, "org_unit": unit });
    cage.own(Method::POST, "/api/v1/invitations", wish.clone(), 201).await;
    cage.refused(&[], Method::POST, "/api/v1/invitations", &wish.to_string()).await;
    for verified in [Verified::No, Verified::Yes] {
        let token = cage.shared.issuer.token("canary-ann", &email, verified);
        cage.add("a person's token", Kept::Nowhere, signature(&token));
        let expected = if matches!(verified, Verified::Yes) { 200 } else { 403 };
        let me = cage.sent(&token, Method::GET, "/api/v1/me", Value::Null, expected).await;
        if expected == 200 {
            let user = format!("/api/v1/users/{}", text(&me, "id"));
            let unit = cage.word("another unit", Kept::Unlogged);
            cage.own(Method::PATCH, &user, json!({ "org_unit": unit }), 200).await;
            cage.own(Method::GET, "/api/v1/users", Value::Null, 200).await;
            return token;
        }
        cage.errors.push(("GET /api/v1/me".into(), me.to_string()));
    }
    unreachable!("the verified one joins")
}

async fn documents(cage: &mut Cage) {
    let (inside, broken) =
        (cage.word("a passage", Kept::Unlogged), cage.word("a file that is none", Kept::Unlogged));
    let files = [
        ("manual.md", format!("# Pump\n\nThe pump P-99 takes oil of grade {inside}.")),
        ("broken.pdf", format!("%PDF-1.7\n{broken}")),
        ("broken.docx", format!("PK\u{3}\u{4}{broken}")),
        ("answers.jsonl", json!({ "question": format!("Who is {inside}?"), "answer": inside }).to_string()),
    ];
    for (name, bytes) in &files {
        cage.shared.put(&format!("{SLUG}/handbook/{name}"), bytes.clone().into_bytes()).await;
    }
    let ended = timeout(Duration::from_secs(180), async {
        loop {
            let listed = cage.own(Method::GET, "/api/v1/documents", Value::Null, 200).await;
            let items = listed["items"].as_array().cloned().unwrap_or_default();
            let is_over = |item: &Value| matches!(item["status"].as_str(), Some("completed" | "failed"));
            if items.len() == files.len() && items.iter().all(is_over) {
                return items;
            }
            sleep(Duration::from_millis(200)).await;
        }
    });
    let items = ended.await.unwrap_or_else(|_| panic!("{}", cage.shared.log("ingest")));
    let manual = items.iter().find(|item| item["status"] == "completed" && item["filename"] == "manual.md");
    let manual = manual.unwrap_or_else(|| panic!("{items:?}"));
    let chunks = format!("/api/v1/documents/{}/chunks", text(manual, "id"));
    let chunks = cage.own(Method::GET, &chunks, Value::Null, 200).await;
    let corrected = cage.word("a corrected passage", Kept::Unlogged);
    let chunk = format!("/api/v1/chunks/{}", text(&chunks["items"][0], "id"));
    cage.own(Method::PATCH, &chunk, json!({ "content": format!("Oil {corrected}, {inside}.") }), 200).await;
}

/// A session whose end user is known by name, asks, attaches a file, and says what it was worth. Its id.
async fn conversation(cage: &mut Cage, chatbot: &str, person: &str) -> String {
    let (user, client) = (cage.word("who talks", Kept::Sealed), cage.word("a client", Kept::Sealed));
    let opening = json!({ "user_identifier": user, "external_client_id": client, "platform": "widget" });
    let opened = cage.own(Method::POST, &format!("{chatbot}/sessions"), opening, 201).await;
    let (session, token) = (text(&opened, "id").to_owned(), text(&opened, "token").to_owned());
    cage.add("a session's token", Kept::Nowhere, signature(&token));
    let path = format!("/api/v1/sessions/{session}");
    let (asked, followed) =
        (cage.word("a question", Kept::Unlogged), cage.word("a second question", Kept::Unlogged));
    let once = cage.word("a turns key", Kept::Nowhere);
    for _ in 0..2 {
        let body = json!({ "message": format!("Does {asked} know which oil the P-99 takes?") }).to_string();
        let header = ("idempotency-key", once.as_str());
        let (status, _, answer) =
            cage.shared.with_header(&token, Method::POST, &format!("{path}/messages"), &body, header).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }
    let answer = cage
        .sent(
            &token,
            Method::POST,
            &format!("{path}/messages"),
            json!({ "message": format!("And {followed}?") }),
            200,
        )
        .await;
    let edited = cage.word("an edited question", Kept::Unlogged);
    let question = format!("{path}/messages/{}", text(&answer["message"], "question_id"));
    cage.sent(&token, Method::PATCH, &question, json!({ "message": edited }), 204).await;

    let attached = cage.word("an attachment", Kept::Unlogged);
    let bytes = format!("name,number\n{attached},7\n");
    let form = json!({ "filename": "a.csv", "size": bytes.len(), "content_type": "text/plain" });
    let form = cage.sent(&token, Method::POST, &format!("{path}/files"), form, 201).await;
    let (status, said) = send(&form, &[], bytes.as_bytes()).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    let file = format!("{path}/files/{}", text(&form, "id"));
    let read = timeout(Duration::from_secs(120), async {
        while !matches!(
            cage.own(Method::GET, &file, Value::Null, 200).await["status"].as_str(),
            Some("completed" | "failed")
        ) {
            sleep(Duration::from_millis(200)).await;
        }
    });
    read.await.unwrap_or_else(|_| panic!("{}", cage.shared.log("ingest")));

    let (reason, correction, comment) = (
        cage.word("a reason", Kept::Unlogged),
        cage.word("a correction", Kept::Unlogged),
        cage.word("a comment", Kept::Unlogged),
    );
    let judged = format!("/api/v1/messages/{}/feedback", text(&answer["message"], "id"));
    let said = json!({ "rating": "negative", "reason": reason, "correction": correction });
    cage.sent(&token, Method::POST, &judged, said, 200).await;
    let said = json!({ "nps_score": 3, "comments": comment });
    cage.sent(&token, Method::POST, &format!("{path}/feedback"), said, 200).await;
    cage.own(Method::GET, &path, Value::Null, 200).await;
    let title = cage.word("a title", Kept::Unlogged);
    cage.sent(person, Method::PATCH, &path, json!({ "title": title, "tags": [title] }), 200).await;
    let sought = cage.word("words that are sought", Kept::Unlogged);
    for route in ["/api/v1/search?q=", "/api/v1/sessions?q="] {
        cage.own(Method::GET, &format!("{route}{sought}"), Value::Null, 200).await;
    }
    session
}

/// The protocols of others.
async fn programs(cage: &mut Cage, chatbot: &str) {
    let said = cage.word("a completion", Kept::Unlogged);
    let body =
        json!({ "model": chatbot, "messages": [{ "role": "user", "content": format!("What of {said}?") }] });
    cage.own(Method::POST, "/v1/chat/completions", body, 200).await;
    let body = json!({ "model": "default", "input": said });
    cage.own(Method::POST, "/v1/embeddings", body, 200).await;
    let body = json!({ "model": said, "messages": [{ "role": "user", "content": said }] }).to_string();
    cage.refused(&[], Method::POST, "/v1/chat/completions", &body).await;
    cage.refused(
        &[],
        Method::POST,
        "/mcp",
        &json!({ "jsonrpc": "2.0", "id": 1, "method": said }).to_string(),
    )
    .await;
}

/// What keepers write.
async fn keepers(cage: &mut Cage, chatbot: &str, session: &str) {
    let (summary, note, reply) = (
        cage.word("a summary", Kept::Unlogged),
        cage.word("a note", Kept::Unlogged),
        cage.word("a reply", Kept::Unlogged),
    );
    let ticket = json!({ "session_id": session, "summary": summary, "details": { "about": summary } });
    let ticket = cage.own(Method::POST, "/api/v1/escalations", ticket, 201).await;
    let path = format!("/api/v1/escalations/{}", text(&ticket, "id"));
    cage.own(Method::POST, &format!("{path}/notes"), json!({ "content": note }), 201).await;
    cage.own(Method::POST, &format!("{path}/reply"), json!({ "content": reply }), 201).await;
    cage.refused(
        &[],
        Method::POST,
        "/api/v1/escalations",
        &json!({ "session_id": session, "summary": summary }).to_string(),
    )
    .await;
    let (question, name, prompt) = (
        cage.word("a curated question", Kept::Unlogged),
        cage.word("a product", Kept::Unlogged),
        cage.word("a prompt", Kept::Unlogged),
    );
    let written = json!({ "question": format!("Who is {question}?"), "answer": question });
    cage.own(Method::POST, "/api/v1/curated-answers", written, 201).await;
    let product = json!({ "name": name, "category": name, "sku": name, "description": name });
    cage.own(Method::POST, "/api/v1/products", product.clone(), 201).await;
    cage.refused(&[], Method::POST, "/api/v1/products", &product.to_string()).await;
    let version = json!({ "system_prompt": format!("You are {prompt}."), "why": prompt });
    cage.own(Method::POST, &format!("{chatbot}/config-versions"), version, 201).await;
    let criticism = json!({ "feedback_text": prompt });
    cage.own(Method::POST, &format!("{chatbot}/admin-feedback"), criticism, 201).await;
    let category = json!({ "name": name, "examples": [format!("Where is {question}?")] });
    cage.own(Method::POST, &format!("{chatbot}/categories"), category.clone(), 201).await;
    cage.refused(&[], Method::POST, &format!("{chatbot}/categories"), &category.to_string()).await;
    let gold = json!({ "question": question, "expected_answer": question });
    cage.own(Method::POST, &format!("{chatbot}/gold-questions"), gold.clone(), 201).await;
    cage.refused(&[], Method::POST, &format!("{chatbot}/gold-questions"), &gold.to_string()).await;
    let page = json!({ "collection": "handbook", "kind": "page", "url": format!("http://127.0.0.1:9/{question}?token={question}") });
    // Nobody is there: what is said of the visit may not tell where it went.
    cage.own(Method::POST, "/api/v1/web-sources", page.clone(), 201).await;
    cage.refused(&[], Method::POST, "/api/v1/web-sources", &page.to_string()).await;
}

/// Whatever is wrong with a request: words where none belong, and credentials that are none.
async fn errors(cage: &mut Cage, chatbot: &str, session: &str) {
    let word = cage.word("a mistake", Kept::Unlogged);
    let messages = format!("/api/v1/sessions/{session}/messages");
    for (method, path, body) in [
        (Method::POST, messages.clone(), format!("{{\"message\": \"{word}\"")),
        (Method::POST, messages.clone(), json!({ "message": word, "more": word }).to_string()),
        (Method::POST, messages.clone(), json!({ "message": format!("{word}\0") }).to_string()),
        (Method::POST, messages.clone(), json!({ "message": word.repeat(60) }).to_string()),
        (Method::PATCH, chatbot.to_owned(), json!({ "status": word }).to_string()),
        (Method::PATCH, chatbot.to_owned(), json!({ "avatar_url": word }).to_string()),
        (
            Method::POST,
            "/api/v1/invitations".to_owned(),
            json!({ "email": word, "role": "admin" }).to_string(),
        ),
        (
            Method::POST,
            "/api/v1/alert-rules".to_owned(),
            json!({ "name": word, "rule": { "metric": word } }).to_string(),
        ),
        (Method::GET, format!("/api/v1/documents/{word}"), String::new()),
        (Method::GET, format!("/api/v1/documents?cursor={word}"), String::new()),
        (Method::GET, format!("/api/v1/search?q={word}&collection={word}"), String::new()),
        (Method::GET, format!("/api/v1/events?category={word}"), String::new()),
        (Method::GET, format!("/api/v1/{word}"), String::new()),
    ] {
        cage.refused(&[], method, &path, &body).await;
    }
    let other = domain::ApiKey::generate(domain::OrganizationId::generate()).reveal();
    cage.add("a key that is none", Kept::Nowhere, secret(&other));
    let (yes, no) = ("x".repeat(43), cage.word("a password", Kept::Nowhere));
    let jwt = format!(
        "eyJhbGciOiJSUzI1NiJ9.{}.{no}",
        BASE64_URL_SAFE_NO_PAD.encode(json!({ "sub": no }).to_string())
    );
    let of_session = format!("docent_session_v1.{no}.{yes}");
    for bearer in [other.as_str(), &other[..other.len() - 1], jwt.as_str(), of_session.as_str(), no.as_str()]
    {
        for path in
            ["/api/v1/sessions", "/api/v1/users", "/api/v1/escalations", "/api/v1/dashboards/technical"]
        {
            let bearer = format!("Bearer {bearer}");
            cage.refused(&[("authorization", &bearer)], Method::GET, path, "").await;
        }
    }
    let basic = format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(format!("ann:{no}")));
    cage.refused(&[("authorization", &basic)], Method::GET, "/api/v1/sessions", "").await;
}

/// What operators and the clock have done: the days counted, the data key changed. What KMS gave out is opened here.
async fn operators(cage: &mut Cage, organization: &str) {
    let shared = cage.shared;
    for wish in [
        json!({ "action": "recount", "organization": SLUG, "day": jiff::Timestamp::now().to_string()[..10] }),
        json!({ "action": "rotate_key", "organization": SLUG }),
    ] {
        shared.stack.invoke("aggregate", &wish).await.expect("done");
    }
    let Some(admin) = shared.addresses.admin_database_url.as_deref() else { return };
    let sql = "SELECT sealed, kms_key_arn FROM docent.data_keys WHERE organization_id = $1::text::uuid";
    let rows = connect(admin).await.query(sql, &[&organization]).await.expect("data keys");
    assert!(rows.len() >= 2, "one before and one after the change");
    let credentials = aws_sdk_kms::config::Credentials::new(
        shared.addresses.access_key_id.as_str(),
        shared.addresses.secret_access_key.as_str(),
        None,
        None,
        "test",
    );
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(aws_sdk_kms::config::BehaviorVersion::latest())
        .region(aws_sdk_kms::config::Region::new(shared.addresses.region.clone()))
        .endpoint_url(&shared.stack.kms_endpoint)
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let kms = Kms::from_conf(config);
    for row in rows {
        let (sealed, arn): (Vec<u8>, String) = (row.get(0), row.get(1));
        let opened = kms.decrypt().key_id(arn).ciphertext_blob(Blob::new(sealed));
        let opened = opened.encryption_context("organization", organization).send().await.expect("opened");
        let opened = opened.plaintext.expect("a data key").into_inner();
        cage.add_bytes("a data key", Kept::Nowhere, &opened);
    }
}

async fn searched(cage: &Cage) {
    let mut sung = String::new();
    let all = || cage.canaries.iter().flat_map(|canary| canary.forms.iter().map(move |form| (canary, form)));
    let mut read = 0;
    for (file, log) in logs(cage.shared.folder()) {
        read += log.len();
        for (canary, form) in all() {
            if let Some(line) = log.lines().find(|line| line.contains(form.as_str())) {
                let _ = writeln!(
                    sung,
                    "{} in {file}: {}",
                    canary.what,
                    line.chars().take(400).collect::<String>()
                );
            }
        }
    }
    assert!(read > 10_000, "there are logs");
    for (asked, answer) in &cage.errors {
        for (canary, form) in all().filter(|(canary, _)| canary.kept == Kept::Nowhere) {
            if answer.contains(form.as_str()) {
                let _ = writeln!(sung, "{} in the answer to {asked}: {answer}", canary.what);
            }
        }
    }
    assert!(cage.errors.len() > 30);
    if let Some(admin) = cage.shared.addresses.admin_database_url.as_deref() {
        let admin = connect(admin).await;
        let tables = "SELECT c.oid::regclass::text FROM pg_class c
                       WHERE c.relnamespace = 'docent'::regnamespace AND c.relkind = 'r'";
        let forms = |wanted: fn(Kept) -> bool| -> Vec<&str> {
            all().filter(|(canary, _)| wanted(canary.kept)).map(|(_, form)| form.as_str()).collect()
        };
        let (hidden, open) = (forms(|kept| kept != Kept::Unlogged), forms(|kept| kept == Kept::Unlogged));
        let (mut rows, mut found_open) = (0, 0);
        for row in admin.query(tables, &[]).await.expect("tables") {
            let table: String = row.get(0);
            let sql = format!(
                "SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM unnest($2::text[]) f WHERE strpos(t::text, f) > 0)),
                        array_agg(DISTINCT hit.f) FILTER (WHERE hit.f IS NOT NULL)
                   FROM {table} t LEFT JOIN LATERAL (SELECT f FROM unnest($1::text[]) f WHERE strpos(t::text, f) > 0) hit ON true"
            );
            let row = admin.query_one(&sql, &[&hidden, &open]).await.expect("a table is read");
            rows += row.get::<_, i64>(0);
            found_open += row.get::<_, i64>(1);
            for form in row.get::<_, Option<Vec<String>>>(2).unwrap_or_default() {
                let canary = cage.canaries.iter().find(|canary| canary.forms.contains(&form));
                let _ = writeln!(sung, "{} in the table {table}", canary.map_or("?", |canary| canary.what));
            }
        }
        // Where words may be kept they are found: so the search can find.
        assert!(rows > 100 && found_open > 20, "{rows} rows, {found_open} with words");
    }
    assert!(sung.is_empty(), "of {} canaries:\n{sung}", cage.canaries.len());
}

/// The logs of the functions and of the database.
fn logs(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = std::fs::read_dir(folder.join("logs"))
        .expect("a folder of logs")
        .map(|entry| entry.expect("a log").path())
        .collect();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "postgres.log") {
                files.push(path);
            }
        }
    }
    assert!(files.iter().any(|file| file.ends_with("postgres.log")), "{files:?}");
    let text = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    files.iter().map(|path| (path.display().to_string(), text(path))).collect()
}
