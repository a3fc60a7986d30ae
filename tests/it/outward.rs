//! What leaves an organization, through the real stack: to its topic of SNS, to where a conversation is had, and to the system where
//! it keeps its tickets, once, however often that fails.

mod desk;

use crate::stack::support::{Shared, stack};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use desk::{Desk, Mood};
use http::{HeaderMap, Method, StatusCode};
use local::folder::Addresses;
use ring::hmac;
use serde_json::{Value, json};
use std::{process::Command, time::Duration};
use tokio::time::{Instant, sleep};

const PATIENCE: Duration = Duration::from_secs(150);
const TARGETS: &str = "/api/v1/notification-targets";
const INTEGRATIONS: &str = "/api/v1/integrations";
const TICKETS: &str = "/api/v1/escalations";
const DESK_TOKEN: &str = "Bearer desk-canary-token";

/// An organization of a test's own.
struct Organization {
    shared: &'static Shared,
    id: String,
    key: String,
    chatbot: String,
}

impl Organization {
    async fn new(slug: &str) -> Self {
        let shared = stack().await;
        let made = shared.organization(slug).await;
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Self { shared, id: text("organization_id"), key: text("api_key"), chatbot: text("chatbot_id") }
    }

    async fn ask(&self, method: Method, path: &str, body: Value, expected: StatusCode) -> Value {
        self.shared.sent(&self.key, method, path, &body, expected).await
    }

    async fn read(&self, path: &str) -> Value {
        self.ask(Method::GET, path, Value::Null, StatusCode::OK).await
    }

    async fn make(&self, path: &str, body: Value) -> Value {
        self.ask(Method::POST, path, body, StatusCode::CREATED).await
    }

    async fn session(&self, platform: &str) -> String {
        let path = format!("/api/v1/chatbots/{}/sessions", self.chatbot);
        let opened = self.make(&path, json!({ "platform": platform })).await;
        opened["id"].as_str().expect("an id").to_owned()
    }

    async fn ticket(&self, session: &str) -> String {
        let opened = self.make(TICKETS, json!({ "session_id": session, "summary": "A refund." })).await;
        opened["id"].as_str().expect("an id").to_owned()
    }

    async fn deliveries(&self, narrowed: &str) -> Vec<Value> {
        let listed = self.read(&format!("/api/v1/deliveries?limit=100&{narrowed}")).await;
        listed["items"].as_array().expect("items").clone()
    }

    /// Has the outbox looked at, as activity does a minute later.
    async fn send(&self) {
        let event = json!({ "Records": [{
            "messageId": "1", "receiptHandle": "none", "md5OfBody": "", "attributes": { "ApproximateReceiveCount": "1" },
            "messageAttributes": {}, "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:ActivityQueue",
            "body": json!({ "kind": "activity", "organization_id": self.id }).to_string(),
        }] });
        let outcome = self.shared.stack.invoke("aggregate", &event).await.expect("it looks");
        assert_eq!(outcome["batchItemFailures"], json!([]), "{outcome}");
    }

    /// Changes rows as time, or a process that dies, would.
    async fn change(&self, sql: &str) {
        let admin = self.shared.addresses.admin_database_url.as_deref().expect("the stack's own Postgres");
        tests::database::connect(admin).await.execute(sql, &[&self.id]).await.expect("changed");
    }

    /// Lets the pauses between attempts pass; what somebody holds at this moment is theirs for longer.
    async fn hurry(&self) {
        let sql =
            "UPDATE docent.deliveries SET next_attempt_at = now() WHERE organization_id = $1::text::uuid
                      AND status = 'pending' AND next_attempt_at < now() + interval '241 seconds'";
        self.change(sql).await;
    }

    /// Sends until something is so; the stack may be at it as well.
    async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
        let until = Instant::now() + PATIENCE;
        while !is_so().await {
            let waiting = self.deliveries("").await;
            assert!(Instant::now() < until, "{what}: {waiting:#?}\n{}", self.shared.log("aggregate"));
            self.hurry().await;
            self.send().await;
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// A client of the stack's SNS.
fn sns(addresses: &Addresses) -> aws_sdk_sns::Client {
    use aws_sdk_sns::config::{BehaviorVersion, Config, Credentials, Region};
    let (id, secret) = (&addresses.access_key_id, &addresses.secret_access_key);
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(addresses.region.clone()))
        .endpoint_url(&addresses.sns_endpoint)
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    aws_sdk_sns::Client::from_conf(config.build())
}

/// Whether a message's signature is good by a secret.
fn is_signed(secret: &str, headers: &HeaderMap, body: &str) -> bool {
    let text = |name: &str| headers[name].to_str().expect("text").to_owned();
    let key = secret.strip_prefix("whsec_").expect("a secret of Standard Webhooks");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &BASE64_STANDARD.decode(key).expect("base64"));
    let signed = format!("{}.{}.{body}", text("webhook-id"), text("webhook-timestamp"));
    let signature = text("webhook-signature");
    let signature = signature.strip_prefix("v1,").expect("version 1");
    hmac::verify(&key, signed.as_bytes(), &BASE64_STANDARD.decode(signature).expect("base64")).is_ok()
}

/// What a service desk is told, in words of its own.
fn adapter(desk: &Desk) -> Value {
    let ticket = format!("{}/tickets/{{{{external_id}}}}", desk.address);
    json!({
        "create": { "url": format!("{}/tickets", desk.address), "external_id": "/ticket/id", "body": { "ticket": {
            "subject": "{{summary}}", "priority": "{{priority}}", "reference": "{{ticket_id}}", "details": "{{details}}" } } },
        "comment": { "method": "PUT", "url": ticket,
            "body": { "comment": { "body": "{{content}}", "public": "{{is_public}}", "author": "{{author}}" } } },
        "status": { "method": "PATCH", "url": ticket, "body": { "status": "{{status}}" },
            "statuses": { "in_progress": "open", "resolved": "solved" } },
    })
}

fn integration(desk: &Desk) -> Value {
    json!({ "kind": "ticket_webhook", "name": "Desk", "settings": adapter(desk), "authorization": DESK_TOKEN })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organizations_topic_hears_of_it() {
    let organization = Organization::new("outward-topic").await;
    let shared = organization.shared;
    let topic = "arn:aws:sns:us-east-1:000000000000:docent-outward-topic";
    for wrong in ["arn:aws:sns:us-east-1:000000000000:docent-demo", "https://example.org/", ""] {
        let wish = json!({ "name": "topic", "kind": "sns", "address": wrong });
        let refused = organization.ask(Method::POST, TARGETS, wish, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["errors"][0]["pointer"], "/address", "{refused}");
        assert!(refused.to_string().contains(topic), "it says which one is theirs: {refused}");
    }
    let wish = json!({ "name": "topic", "kind": "pigeon", "address": topic });
    organization.ask(Method::POST, TARGETS, wish, StatusCode::UNPROCESSABLE_ENTITY).await;
    let target =
        organization.make(TARGETS, json!({ "name": "topic", "kind": "sns", "address": topic })).await;
    assert_eq!((&target["kind"], &target["secret"]), (&json!("sns"), &Value::Null), "{target}");
    let path = format!("{TARGETS}/{}", target["id"].as_str().expect("an id"));
    organization
        .ask(Method::PATCH, &path, json!({ "kind": "webhook" }), StatusCode::UNPROCESSABLE_ENTITY)
        .await;

    // A topic that is gone for a while.
    let sns = sns(&shared.addresses);
    sns.delete_topic().topic_arn(topic).send().await.expect("deleted");
    organization.ask(Method::POST, &format!("{path}/test"), Value::Null, StatusCode::ACCEPTED).await;
    organization
        .until("SNS refuses", async || {
            let pending = organization.deliveries("status=pending").await;
            pending.first().is_some_and(|one| one["last_error"] == "SNS refuses: NotFound.")
        })
        .await;
    sns.create_topic().name("docent-outward-topic").send().await.expect("made");
    organization
        .until("it is published", async || !organization.deliveries("status=delivered").await.is_empty())
        .await;
    let published = local::sns::published(shared.folder()).expect("kept");
    let ours: Vec<_> = published.iter().filter(|one| one.topic == topic).collect();
    let delivery = organization.deliveries("kind=notification").await.remove(0);
    assert_eq!(ours.len(), 1, "once: {ours:?}");
    assert_eq!(json!(ours[0].attributes["delivery_id"]), delivery["id"], "the same at every attempt");
    assert_eq!(
        (ours[0].attributes["type"].as_str(), ours[0].subject.as_deref()),
        ("test", Some("Docent: test"))
    );
    let message: Value = serde_json::from_str(&ours[0].message).expect("JSON");
    assert_eq!((&message["type"], &message["data"]["target_id"]), (&json!("test"), &target["id"]));
    assert!(delivery["attempts"].as_i64() > Some(1), "{delivery}");

    let mut command = Command::new(&shared.program);
    let shown = command.arg("--data").arg(shared.folder()).arg("notifications").output().expect("local runs");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("docent-outward-topic  Docent: test"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_reply_waits_for_its_channel_once_and_without_its_words() {
    let organization = Organization::new("outward-channel").await;
    let session = organization.session("line").await;
    let ticket = organization.ticket(&session).await;
    let path = format!("{TICKETS}/{ticket}/reply");
    let said = json!({ "content": "A canary is on its way." }).to_string();
    for _ in 0..2 {
        let own = ("idempotency-key", "one reply");
        let (status, _, text) =
            organization.shared.with_header(&organization.key, Method::POST, &path, &said, own).await;
        assert_eq!(status, StatusCode::CREATED, "{text}");
    }
    let messages = organization.read(&format!("/api/v1/sessions/{session}/messages")).await;
    assert_eq!(messages["items"][0]["content"], "A canary is on its way.", "it stands in the conversation");
    organization.send().await;
    let waiting = organization.deliveries("status=waiting").await;
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    let row = &waiting[0];
    assert_eq!(
        (&row["kind"], &row["channel"], &row["event"], &row["session_id"]),
        (&json!("channel"), &json!("line"), &json!("agent.replied"), &json!(session))
    );
    assert_eq!((&row["message_id"], &row["attempts"]), (&messages["items"][0]["id"], &json!(0)));
    assert_eq!((&row["escalation_id"], &row["payload"]["sequence_number"]), (&json!(ticket), &json!(1)));
    assert!(!row.to_string().contains("canary"), "{row}");
    assert_eq!(
        organization.deliveries("status=pending").await,
        Vec::<Value>::new(),
        "there is no ticket system"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_made_elsewhere_once_and_told_of_in_order() {
    let organization = Organization::new("outward-desk").await;
    let desk = Desk::open([Mood::Fails, Mood::TakesAndIsSilent, Mood::Redirects]).await;
    let made = organization.make(INTEGRATIONS, integration(&desk)).await;
    let secret = made["secret"].as_str().expect("shown once").to_owned();
    let path = format!("{INTEGRATIONS}/{}", made["id"].as_str().expect("an id"));
    let shown = organization.read(&path).await;
    assert!(!shown.to_string().contains("whsec_") && !shown.to_string().contains("canary"), "{shown}");
    assert_eq!(shown["has_authorization"], true);
    let problem =
        organization.ask(Method::POST, INTEGRATIONS, integration(&desk), StatusCode::CONFLICT).await;
    assert_eq!(problem["type"], "urn:docent:error:one-ticket-system", "{problem}");

    // Opened, noted, answered, and looked at otherwise, before the desk takes anything.
    let session = organization.session("web").await;
    let ticket = organization.ticket(&session).await;
    let path = format!("{TICKETS}/{ticket}");
    organization.make(&format!("{path}/notes"), json!({ "content": "Knows \"this\" client." })).await;
    organization.ask(Method::PATCH, &path, json!({ "priority": "high" }), StatusCode::OK).await;
    organization.make(&format!("{path}/reply"), json!({ "content": "It is on its way." })).await;
    organization
        .until("the desk knows the ticket", async || {
            organization.read(&path).await["external_ticket_id"].is_string()
        })
        .await;
    assert_eq!(organization.read(&path).await["external_ticket_id"], "DESK 1/ü");
    organization.ask(Method::PATCH, &path, json!({ "status": "resolved" }), StatusCode::OK).await;
    organization
        .until("all is told", async || organization.deliveries("status=pending").await.is_empty())
        .await;
    assert_eq!(organization.deliveries("status=failed").await, Vec::<Value>::new());

    let heard = desk.heard();
    let creates: Vec<_> = heard.iter().filter(|one| one.path == "/tickets").collect();
    assert_eq!(creates.len(), 4, "failed, silent, redirecting, taken: {heard:#?}");
    assert_eq!(desk.tickets(), 1, "and one ticket");
    for create in &creates {
        assert_eq!((create.key(), &create.body), (creates[0].key(), &creates[0].body), "the same each time");
        assert_eq!(create.headers["authorization"], DESK_TOKEN);
        assert!(is_signed(&secret, &create.headers, &create.body), "{create:?}");
    }
    let body: Value = serde_json::from_str(&creates[0].body).expect("JSON");
    assert_eq!(
        body,
        json!({ "ticket": { "subject": "A refund.", "priority": "medium", "reference": ticket, "details": {} } }),
        "as it was when it was opened"
    );
    let told: Vec<(&str, Value)> = heard
        .iter()
        .filter(|one| one.path != "/tickets")
        .map(|one| (one.method.as_str(), serde_json::from_str(&one.body).expect("JSON")))
        .collect();
    let author = organization.read(&path).await["notes"][0]["author"].clone();
    let comment =
        |body: &str, public: bool| json!({ "comment": { "body": body, "public": public, "author": author } });
    assert_eq!(
        told,
        [
            ("PUT", comment("Knows \"this\" client.", false)),
            ("PUT", comment("It is on its way.", true)),
            ("PATCH", json!({ "status": "open" })),
            ("PATCH", json!({ "status": "solved" })),
        ]
    );
    assert!(heard.iter().skip(4).all(|one| one.path == "/tickets/DESK%201%2F%C3%BC"), "{heard:#?}");
    assert_eq!(desk.elsewhere(), 0, "a redirect is not followed");
    let rows = organization.deliveries(&format!("kind=ticket&escalation_id={ticket}")).await;
    assert!(rows.iter().all(|row| row["payload"] == json!({})), "nobody's words: {rows:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dies_between_sending_and_keeping_sends_the_same_again() {
    let organization = Organization::new("outward-killed").await;
    let desk = Desk::open([]).await;
    organization.make(INTEGRATIONS, integration(&desk)).await;
    // A rule opens it: somebody wishes for people.
    let session = organization.session("api").await;
    let say = format!("/api/v1/sessions/{session}/messages");
    let wish = json!({ "message": "I want to talk to a human agent, please." });
    organization.ask(Method::POST, &say, wish, StatusCode::OK).await;
    let listed = organization.read(&format!("{TICKETS}?session={session}")).await;
    let path = format!("{TICKETS}/{}", listed["items"][0]["id"].as_str().expect("a ticket"));
    let is_known = async || organization.read(&path).await["external_ticket_id"].is_string();
    organization.until("the desk knows the ticket", is_known).await;
    // What the database holds when the process dies just before it keeps the answer.
    organization
        .change(
            "WITH e AS (UPDATE docent.escalations SET external_ticket_id = NULL WHERE organization_id = $1::text::uuid RETURNING id)
             UPDATE docent.deliveries d SET status = 'pending', delivered_at = NULL FROM e
              WHERE d.organization_id = $1::text::uuid AND d.escalation_id = e.id AND d.event = 'ticket.create'",
        )
        .await;
    organization.until("it is known again", is_known).await;
    let heard = desk.heard();
    assert_eq!((heard.len(), desk.tickets()), (2, 1), "{heard:#?}");
    assert_eq!((heard[0].key(), &heard[0].body), (heard[1].key(), &heard[1].body));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_names_no_ticket_is_asked_once() {
    let organization = Organization::new("outward-nameless").await;
    let desk = Desk::open([]).await;
    let mut wish = integration(&desk);
    wish["settings"]["create"]["external_id"] = json!("/no/such/place");
    let made = organization.make(INTEGRATIONS, wish).await;
    let ticket = organization.ticket(&organization.session("api").await).await;
    organization
        .until("it is given up", async || !organization.deliveries("status=failed").await.is_empty())
        .await;
    let path = format!("{TICKETS}/{ticket}");
    organization.make(&format!("{path}/notes"), json!({ "content": "Nobody is told." })).await;
    organization.hurry().await;
    organization.send().await;
    assert_eq!(desk.heard().len(), 1, "{:#?}", desk.heard());
    let failed = organization.deliveries("status=failed").await;
    assert!(
        failed[0]["last_error"].as_str().is_some_and(|error| error.contains("/no/such/place")),
        "{failed:?}"
    );
    assert_eq!((failed.len(), &failed[0]["last_status"]), (1, &json!(201)), "{failed:?}");

    // An agent says what it is called there; from now on it is told of again.
    organization.ask(Method::PATCH, &path, json!({ "external_ticket_id": "DESK-7" }), StatusCode::OK).await;
    organization.make(&format!("{path}/notes"), json!({ "content": "Somebody is told." })).await;
    organization.until("it is told", async || desk.heard().len() == 2).await;
    assert_eq!(desk.heard()[1].path, "/tickets/DESK-7");

    // A ticket of before there was an integration, or without its word for it, is nobody's business there.
    let path = format!("{INTEGRATIONS}/{}", made["id"].as_str().expect("an id"));
    let off = organization.ask(Method::PATCH, &path, json!({ "is_enabled": false }), StatusCode::OK).await;
    assert_eq!((&off["is_enabled"], &off["has_authorization"]), (&json!(false), &json!(true)));
    let before = organization.ticket(&organization.session("api").await).await;
    let gone = organization.ask(
        Method::PATCH,
        &path,
        json!({ "is_enabled": true, "authorization": null }),
        StatusCode::OK,
    );
    assert_eq!(gone.await["has_authorization"], false);
    organization.make(&format!("{TICKETS}/{before}/notes"), json!({ "content": "Of before." })).await;
    assert_eq!(organization.deliveries(&format!("escalation_id={before}")).await, Vec::<Value>::new());
    organization.ask(Method::DELETE, &path, Value::Null, StatusCode::NO_CONTENT).await;
    assert_eq!(organization.read(&format!("{TICKETS}/{ticket}")).await["external_ticket_id"], "DESK-7");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_sealed_and_outlive_a_change_of_keys() {
    let organization = Organization::new("outward-sealed").await;
    let desk = Desk::open([]).await;
    let made = organization.make(INTEGRATIONS, integration(&desk)).await;
    let target = json!({ "name": "hook", "address": format!("{}/hook", desk.address) });
    let target = organization.make(TARGETS, target).await;
    let rows = "SELECT count(*) FROM (SELECT i::text AS row FROM docent.integrations i WHERE i.organization_id = $1::text::uuid
                  AND i.secret_ciphertext IS NOT NULL AND i.authorization_ciphertext IS NOT NULL
                UNION ALL SELECT t::text FROM docent.notification_targets t WHERE t.organization_id = $1::text::uuid
                  AND t.secret_ciphertext IS NOT NULL) r WHERE r.row NOT ILIKE '%' || encode('canary', 'hex') || '%'
                  AND r.row NOT ILIKE '%' || encode('whsec', 'hex') || '%' AND r.row NOT ILIKE '%canary%'";
    let admin =
        organization.shared.addresses.admin_database_url.as_deref().expect("the stack's own Postgres");
    let admin = tests::database::connect(admin).await;
    assert_eq!(admin.query_one(rows, &[&organization.id]).await.expect("counted").get::<_, i64>(0), 2);
    let rotate = json!({ "action": "rotate_key", "organization": "outward-sealed" });
    let rotated = organization.shared.stack.invoke("aggregate", &rotate).await.expect("rotated");
    assert_eq!(rotated["data_keys"]["resealed"], 3, "{rotated}");

    organization.ticket(&organization.session("api").await).await;
    let test = format!("{TARGETS}/{}/test", target["id"].as_str().expect("an id"));
    organization.ask(Method::POST, &test, Value::Null, StatusCode::ACCEPTED).await;
    organization.until("both are told", async || desk.heard().len() == 2).await;
    for heard in desk.heard() {
        let secret = if heard.path == "/hook" { &target["secret"] } else { &made["secret"] };
        assert!(is_signed(secret.as_str().expect("shown once"), &heard.headers, &heard.body), "{heard:?}");
    }
    for function in ["admin", "aggregate", "feedback"] {
        let log = organization.shared.log(function);
        assert!(!log.contains("desk-canary-token") && !log.contains("whsec_"), "the log of {function}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_integration_may_say_has_edges() {
    let organization = Organization::new("outward-edges").await;
    let desk = Desk::open([]).await;
    let most = domain::limits::INTEGRATION_AUTHORIZATION_BYTES;
    let wrong: [(&str, Value); 8] = [
        ("/kind", json!("fax")),
        ("/name", json!("")),
        ("/settings", Value::Null),
        ("/settings/create/url", json!("https://{{ticket_id}}.example/")),
        ("/settings/comment/body", json!({ "a": "{{company}}" })),
        ("/settings/status/statuses", json!({ "shut": "closed" })),
        ("/authorization", json!("a".repeat(most + 1))),
        ("/authorization", json!("Bearer a\nX-Other: b")),
    ];
    for (at, value) in wrong {
        let mut wish = integration(&desk);
        *wish.pointer_mut(at).expect("it is there") = value;
        let refused =
            organization.ask(Method::POST, INTEGRATIONS, wish, StatusCode::UNPROCESSABLE_ENTITY).await;
        let pointer = refused["errors"][0]["pointer"].as_str().unwrap_or_default();
        assert!(pointer.starts_with(at), "{at}: {refused}");
    }
    let mut wish = integration(&desk);
    (wish["authorization"], wish["is_enabled"]) = (json!("a".repeat(most)), json!(false));
    for _ in 0..domain::limits::INTEGRATIONS {
        organization.make(INTEGRATIONS, wish.clone()).await;
    }
    let problem = organization.ask(Method::POST, INTEGRATIONS, wish, StatusCode::CONFLICT).await;
    assert_eq!(problem["type"], "urn:docent:error:too-many-integrations", "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_a_rule_arrives_with_a_subject_and_what_was_asked() {
    let organization = Organization::new("outward-subject").await;
    let desk = Desk::open([]).await;
    let mut wish = integration(&desk);
    wish["settings"]["create"]["body"] =
        json!({ "subject": "{{summary}}", "question": "{{question}}", "said": "{{transcript}}" });
    organization.make(INTEGRATIONS, wish).await;
    let session = organization.session("api").await;
    let say = format!("/api/v1/sessions/{session}/messages");
    for message in ["How heavy is it?", "I want to talk to a human agent, please."] {
        organization.ask(Method::POST, &say, json!({ "message": message }), StatusCode::OK).await;
    }
    organization.until("the desk hears of it", async || !desk.heard().is_empty()).await;
    let body: Value = serde_json::from_str(&desk.heard()[0].body).expect("JSON");
    assert_eq!(body["subject"], "A person is asked for.", "{body}");
    assert_eq!(body["question"], "I want to talk to a human agent, please.", "{body}");
    let said = body["said"].as_str().expect("a text");
    assert!(said.starts_with("user: How heavy is it?\nassistant: "), "{said}");
    assert!(said.contains("\nuser: I want to talk to a human agent, please.\nassistant: "), "{said}");
    let rows = organization.deliveries("kind=ticket").await;
    assert!(!json!(rows).to_string().contains("human agent"), "nobody's words are kept there: {rows:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_ticket_system_neither_waits_for_the_first_nor_takes_its_ids() {
    let organization = Organization::new("outward-moved").await;
    let (old, new) = (Desk::open([]).await, Desk::open([]).await);
    let first = organization.make(INTEGRATIONS, integration(&old)).await;
    let first = format!("{INTEGRATIONS}/{}", first["id"].as_str().expect("an id"));
    let told = organization.ticket(&organization.session("api").await).await;
    organization.until("the old desk knows it", async || old.tickets() == 1).await;
    let path = format!("{TICKETS}/{told}");
    organization
        .until("it is kept", async || organization.read(&path).await["external_ticket_id"].is_string())
        .await;
    // One more, which the old desk never hears of.
    let waiting = organization.ticket(&organization.session("api").await).await;
    let off = json!({ "is_enabled": false });
    organization.ask(Method::PATCH, &first, off, StatusCode::OK).await;
    let second = organization.make(INTEGRATIONS, integration(&new)).await;

    // Of neither does the new one know anything.
    for ticket in [&told, &waiting] {
        let path = format!("{TICKETS}/{ticket}/notes");
        organization.make(&path, json!({ "content": "Of before." })).await;
    }
    let of_second = format!("integration_id={}", second["id"].as_str().expect("an id"));
    assert_eq!(organization.deliveries(&of_second).await, Vec::<Value>::new());
    // Until somebody says what they are called there: then the one does not wait for what the old desk was to be told.
    let path = format!("{TICKETS}/{waiting}");
    organization.ask(Method::PATCH, &path, json!({ "external_ticket_id": "NEW-7" }), StatusCode::OK).await;
    organization.make(&format!("{path}/notes"), json!({ "content": "Of now." })).await;
    organization.until("the new desk is told", async || !new.heard().is_empty()).await;
    let heard = new.heard();
    assert_eq!((heard.len(), heard[0].path.as_str()), (1, "/tickets/NEW-7"), "{heard:#?}");
    assert_eq!(old.tickets(), 1, "{:#?}", old.heard());
    // The new desk's own tickets are made there.
    let own = organization.ticket(&organization.session("api").await).await;
    let path = format!("{TICKETS}/{own}");
    organization
        .until("the new desk knows it", async || {
            organization.read(&path).await["external_ticket_id"].is_string()
        })
        .await;
    assert_eq!(new.tickets(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_keeps_nobody_else_waiting() {
    let organization = Organization::new("outward-hanging").await;
    // Takes calls and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/hook", silent.local_addr().expect("an address"));
    let desk = Desk::open([]).await;
    let target = json!({ "name": "silent", "address": address });
    let hanging = organization.make(TARGETS, target).await;
    let target = json!({ "name": "awake", "address": format!("{}/hook", desk.address) });
    let awake = organization.make(TARGETS, target).await;
    let test = |target: &Value| format!("{TARGETS}/{}/test", target["id"].as_str().expect("an id"));
    let at_once = usize::try_from(domain::limits::DELIVERIES_AT_ONCE).expect("few");
    for _ in 0..at_once {
        organization.ask(Method::POST, &test(&hanging), Value::Null, StatusCode::ACCEPTED).await;
    }
    organization.ask(Method::POST, &test(&awake), Value::Null, StatusCode::ACCEPTED).await;
    let began = Instant::now();
    organization.send().await;
    // One after another they would take ten times as long.
    let patience = Duration::from_secs(3 * domain::limits::WEB_POST_SECONDS);
    assert!(began.elapsed() < patience, "{:?}", began.elapsed());
    organization
        .until("who is awake is told", async || desk.heard().iter().any(|one| one.path == "/hook"))
        .await;
    let pending = organization.deliveries("status=pending").await;
    assert_eq!(pending.len(), at_once, "they are tried again: {pending:#?}");
}
