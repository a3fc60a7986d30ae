//! Tickets from their opening to their end, with an agent's words in the conversation.

use super::{UNKNOWN, id_of, kind, refused_at};
use crate::stack::support::{Shared, stack};
use domain::{EscalationId, escalation::Status, limits};
use http::{Method, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/escalations";

async fn opened(shared: &Shared, session: &str) -> String {
    let wish = json!({ "session_id": session, "priority": "high", "summary": "A refund." });
    id_of(&shared.say(Method::POST, PATH, wish, StatusCode::CREATED).await)
}

async fn change(shared: &Shared, ticket: &str, change: Value, expected: StatusCode) -> Value {
    shared.say(Method::PATCH, &format!("{PATH}/{ticket}"), change, expected).await
}

async fn status_of(shared: &Shared, session: &str) -> Value {
    shared.look(&format!("/api/v1/sessions/{session}")).await["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_lives_and_its_agent_answers_in_the_conversation() {
    let shared = stack().await;
    let chatbot = shared.bot("escalating").await;
    let (answer, session) = shared.answered(&chatbot, "How long does delivery to Spain take?").await;
    let ticket = opened(shared, &session).await;
    assert_eq!(status_of(shared, &session).await, "escalated");
    let again = json!({ "session_id": session });
    let problem = shared.say(Method::POST, PATH, again, StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "already-escalated");

    // Transcript and citations by reference, no words.
    let path = format!("{PATH}/{ticket}");
    let whole = shared.look(&path).await;
    assert_eq!(
        (&whole["status"], &whole["reason"], &whole["opened_by_kind"]),
        (&json!("open"), &json!("requested"), &json!("key")),
        "{whole}"
    );
    let transcript = whole["transcript"].as_array().expect("a transcript");
    let roles: Vec<&str> = transcript.iter().map(|one| one["role"].as_str().expect("a role")).collect();
    assert_eq!(roles, ["user", "assistant"]);
    assert_eq!(transcript[1]["message_id"], json!(answer));
    assert!(transcript[1]["citations"][0]["document_id"].is_string(), "{whole}");
    assert!(!whole.to_string().contains("five working days"), "words stay in the conversation: {whole}");

    // Naming somebody assigns it; an agent's answer has it in progress, and the next number of the conversation.
    let assigned = change(shared, &ticket, json!({ "assigned_agent": "Ada" }), StatusCode::OK).await;
    assert_eq!((&assigned["status"], &assigned["assigned_agent"]), (&json!("assigned"), &json!("Ada")));
    let note = format!("{path}/notes");
    let noted = shared
        .say(Method::POST, &note, json!({ "content": "Knows this client." }), StatusCode::CREATED)
        .await;
    assert!(noted["author"].as_str().is_some_and(|author| author.starts_with("api_key:")), "{noted}");
    let reply = format!("{path}/reply");
    let said = json!({ "content": "I have sent it by express." });
    let replied = shared.say(Method::POST, &reply, said.clone(), StatusCode::CREATED).await;
    assert_eq!((&replied["sequence_number"], &replied["role"]), (&json!(3), &json!("agent")), "{replied}");
    shared.ask(&session, "How long does delivery to Spain take?").await;
    let listed = shared.look(&format!("/api/v1/sessions/{session}/messages")).await;
    let kept: Vec<(i64, &str)> = listed["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|one| {
            (one["sequence_number"].as_i64().expect("a number"), one["role"].as_str().expect("a role"))
        })
        .collect();
    assert_eq!(kept, [(1, "user"), (2, "assistant"), (3, "agent"), (4, "user"), (5, "assistant")]);
    assert_eq!(listed["items"][2]["content"], "I have sent it by express.");
    let whole = shared.look(&path).await;
    assert_eq!(whole["status"], "in_progress");
    assert!(whole["first_reply_at"].is_string(), "{whole}");
    assert_eq!(whole["notes"][0]["content"], "Knows this client.");

    // Resolved, the conversation goes on with the chatbot; it may come back; it ends for good.
    change(shared, &ticket, json!({ "status": "resolved" }), StatusCode::OK).await;
    assert_eq!(status_of(shared, &session).await, "active");
    let problem = shared.say(Method::POST, &reply, said.clone(), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "ticket-ended");
    change(shared, &ticket, json!({ "status": "in_progress" }), StatusCode::OK).await;
    assert_eq!(status_of(shared, &session).await, "escalated");
    let ended = json!({ "status": "closed", "session_status": "complete" });
    let ended = change(shared, &ticket, ended, StatusCode::OK).await;
    assert_eq!(
        (&ended["session_status"], ended["resolved_at"].is_string()),
        (&json!("complete"), true),
        "{ended}"
    );
    let problem = change(shared, &ticket, json!({ "status": "open" }), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "wrong-transition");
    // A conversation that has ended can have a ticket, and nobody answers in it.
    let late = opened(shared, &session).await;
    assert_eq!(status_of(shared, &session).await, "complete");
    let problem = shared.say(Method::POST, &format!("{PATH}/{late}/reply"), said, StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "session-ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_answer_sent_twice_stands_once() {
    let shared = stack().await;
    let session = shared.session(&shared.addresses.chatbot_id).await;
    let ticket = opened(shared, &session).await;
    let path = format!("{PATH}/{ticket}/reply");
    let send = async |content: &str| {
        let request = http::Request::post(format!("{}{path}", shared.addresses.gateway))
            .header(header::AUTHORIZATION, format!("Bearer {}", shared.addresses.api_key))
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", format!("reply-to-{ticket}"))
            .body(Full::new(bytes::Bytes::from(json!({ "content": content }).to_string())))
            .expect("a request");
        let http = Client::builder(TokioExecutor::new()).build_http();
        let response = http.request(request).await.expect("an answer");
        let (status, replayed) = (response.status(), response.headers().contains_key("idempotency-replayed"));
        let bytes = response.into_body().collect().await.expect("readable").to_bytes();
        (status, replayed, serde_json::from_slice::<Value>(&bytes).expect("JSON"))
    };
    let (first, second) = tokio::join!(send("It is on its way."), send("It is on its way."));
    // One is done. The other hears its answer, or that it is under way.
    let mut both = [first, second];
    both.sort_by_key(|(status, is_replayed, _)| (*status, *is_replayed));
    let [done, other] = both;
    assert_eq!((done.0, done.1), (StatusCode::CREATED, false), "{}", done.2);
    assert!(other.0 == StatusCode::CONFLICT || other.1 && other.2 == done.2, "{} {}", other.0, other.2);
    assert_eq!(send("It is on its way.").await, (StatusCode::CREATED, true, done.2));
    let (status, _, problem) = send("Something else.").await;
    assert_eq!((status, kind(&problem)), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused"));
    let listed = shared.look(&format!("/api/v1/sessions/{session}/messages")).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_state_follows_where_it_may() {
    let shared = stack().await;
    // The shortest way to each state.
    let ways: [&[Status]; 6] = [
        &[],
        &[Status::Assigned],
        &[Status::InProgress],
        &[Status::Resolved],
        &[Status::Closed],
        &[Status::Cancelled],
    ];
    for (present, way) in Status::ALL.into_iter().zip(ways) {
        for wanted in Status::ALL {
            let session = shared.session(&shared.addresses.chatbot_id).await;
            let ticket = opened(shared, &session).await;
            for step in way {
                change(shared, &ticket, json!({ "status": step.as_str() }), StatusCode::OK).await;
            }
            let may = wanted == present || present.next().contains(&wanted);
            let expected = if may { StatusCode::OK } else { StatusCode::CONFLICT };
            change(shared, &ticket, json!({ "status": wanted.as_str() }), expected).await;
            let now = if may { wanted } else { present };
            let session_status = if now.is_live() { "escalated" } else { "active" };
            assert_eq!(status_of(shared, &session).await, session_status, "{present:?} to {wanted:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_found_by_what_they_are() {
    let shared = stack().await;
    let chatbot = shared.bot("escalating-found").await;
    let mut tickets = Vec::new();
    for _ in 0..3 {
        let session = shared.session(&chatbot).await;
        tickets.push((opened(shared, &session).await, session));
    }
    let found = async |narrowed: &str| {
        let listed = shared.look(&format!("{PATH}?chatbot={chatbot}{narrowed}")).await;
        listed["items"].as_array().expect("items").iter().map(id_of).collect::<Vec<_>>()
    };
    let ids: Vec<String> = tickets.iter().rev().map(|(id, _)| id.clone()).collect();
    assert_eq!(found("").await, ids, "newest first");
    change(shared, &ids[0], json!({ "assigned_agent": "Ada", "priority": "low" }), StatusCode::OK).await;
    assert_eq!(found("&status=assigned").await, ids[..1]);
    assert_eq!(found("&status=open").await, ids[1..]);
    assert_eq!(found("&priority=high").await, ids[1..]);
    assert_eq!(found("&assignee=Ada").await, ids[..1]);
    assert_eq!(found(&format!("&session={}", tickets[0].1)).await, ids[2..]);
    let page = shared.look(&format!("{PATH}?chatbot={chatbot}&limit=2")).await;
    let cursor = page["next_cursor"].as_str().expect("one more");
    assert_eq!(found(&format!("&limit=2&cursor={cursor}")).await, ids[2..]);
    for wrong in ["status=shut", "priority=urgent", "limit=0", "cursor=x", "colour=red"] {
        shared
            .say(Method::GET, &format!("{PATH}?{wrong}"), Value::Null, StatusCode::UNPROCESSABLE_ENTITY)
            .await;
    }
    let long = "a".repeat(limits::ESCALATION_AGENT_CHARACTERS + 1);
    let problem = shared
        .say(Method::GET, &format!("{PATH}?assignee={long}"), Value::Null, StatusCode::UNPROCESSABLE_ENTITY)
        .await;
    assert_eq!(refused_at(&problem), "?assignee");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_ticket_holds_has_edges() {
    let shared = stack().await;
    let session = shared.session(&shared.addresses.chatbot_id).await;
    let text = |characters: usize| "ก".repeat(characters);
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    for (wish, at) in [
        (json!({ "session_id": session, "reason": "bored" }), "/reason"),
        (json!({ "session_id": session, "priority": "urgent" }), "/priority"),
        (
            json!({ "session_id": session, "summary": text(limits::ESCALATION_SUMMARY_CHARACTERS + 1) }),
            "/summary",
        ),
        (
            json!({ "session_id": session, "owner_team": text(limits::ESCALATION_TEAM_CHARACTERS + 1) }),
            "/owner_team",
        ),
        (
            json!({ "session_id": session, "external_ticket_id": text(limits::EXTERNAL_TICKET_CHARACTERS + 1) }),
            "/external_ticket_id",
        ),
        (
            json!({ "session_id": session, "details": { "a": "b".repeat(limits::ESCALATION_DETAILS_BYTES - 7) } }),
            "/details",
        ),
        (json!({ "session_id": session, "details": 5 }), "/details"),
        (json!({ "summary": "Whose?" }), ""),
    ] {
        let problem = shared.say(Method::POST, PATH, wish, refused).await;
        assert_eq!(refused_at(&problem), at, "{problem}");
    }
    let edge = json!({
        "session_id": session, "reason": "agent", "summary": text(limits::ESCALATION_SUMMARY_CHARACTERS),
        "owner_team": text(limits::ESCALATION_TEAM_CHARACTERS),
        "external_ticket_id": text(limits::EXTERNAL_TICKET_CHARACTERS),
        "details": { "a": "b".repeat(limits::ESCALATION_DETAILS_BYTES - 8) },
    });
    let ticket = id_of(&shared.say(Method::POST, PATH, edge, StatusCode::CREATED).await);
    let agent = |characters| json!({ "assigned_agent": text(characters) });
    change(shared, &ticket, agent(limits::ESCALATION_AGENT_CHARACTERS), StatusCode::OK).await;
    let problem = change(shared, &ticket, agent(limits::ESCALATION_AGENT_CHARACTERS + 1), refused).await;
    assert_eq!(refused_at(&problem), "/assigned_agent");
    let freed = json!({ "assigned_agent": null, "summary": null });
    let freed = change(shared, &ticket, freed, StatusCode::OK).await;
    assert_eq!(
        (&freed["status"], &freed["assigned_agent"], &freed["summary"]),
        (&json!("open"), &Value::Null, &Value::Null)
    );
    for (change_of, at) in [
        (json!({ "status": "shut" }), "/status"),
        (json!({ "priority": "urgent" }), "/priority"),
        (json!({ "status": "resolved", "session_status": "expired" }), "/session_status"),
        (json!({ "status": "in_progress", "session_status": "active" }), "/session_status"),
    ] {
        let problem = change(shared, &ticket, change_of, refused).await;
        assert_eq!(refused_at(&problem), at, "{problem}");
    }
    for (part, most) in
        [("notes", limits::ESCALATION_NOTE_CHARACTERS), ("reply", limits::ASSISTANT_MESSAGE_CHARACTERS)]
    {
        let path = format!("{PATH}/{ticket}/{part}");
        shared.say(Method::POST, &path, json!({ "content": text(most) }), StatusCode::CREATED).await;
        for wrong in [text(most + 1), " ".to_owned(), "a\0".to_owned()] {
            let problem = shared.say(Method::POST, &path, json!({ "content": wrong }), refused).await;
            assert_eq!(refused_at(&problem), "/content");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_has_as_many_notes_as_there_may_be() {
    let shared = stack().await;
    let session = shared.session(&shared.addresses.chatbot_id).await;
    let ticket = opened(shared, &session).await;
    let id: EscalationId = ticket.parse().expect("an id");
    let database = store::Database::new(&shared.addresses.database_url).expect("a URL");
    let tx = database.tenant(shared.organization_id()).await.expect("a transaction");
    for number in 1..limits::ESCALATION_NOTES {
        let noted = store::escalations::note(&tx, id, &format!("{number}"), "a test").await.expect("written");
        assert!(noted.is_some(), "{number}");
    }
    tx.finish().await.expect("committed");
    let path = format!("{PATH}/{ticket}/notes");
    shared.say(Method::POST, &path, json!({ "content": "The last." }), StatusCode::CREATED).await;
    let problem =
        shared.say(Method::POST, &path, json!({ "content": "One more." }), StatusCode::CONFLICT).await;
    assert_eq!(kind(&problem), "too-many-notes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_that_abstains_again_and_again_hands_over() {
    let shared = stack().await;
    let chatbot = shared.bot("escalating-silent").await;
    let session = shared.session(&chatbot).await;
    let tickets = async || {
        shared.look(&format!("{PATH}?session={session}")).await["items"].as_array().expect("items").clone()
    };
    let abstain = async || assert_eq!(shared.ask(&session, UNKNOWN).await["abstained"], true);
    abstain().await;
    abstain().await;
    // An answer in between, and counting begins anew.
    assert_eq!(shared.ask(&session, "How long does delivery to Spain take?").await["abstained"], false);
    abstain().await;
    abstain().await;
    assert_eq!(tickets().await, Vec::<Value>::new());
    abstain().await;
    let opened = tickets().await;
    assert_eq!(opened.len(), 1);
    assert_eq!(
        (&opened[0]["reason"], &opened[0]["opened_by_kind"], &opened[0]["opened_by_id"]),
        (&json!("repeated_abstention"), &json!("rule"), &Value::Null)
    );
    assert!(opened[0]["summary"].as_str().is_some_and(|text| text.contains(": 3.")), "{}", opened[0]);
    assert_eq!(status_of(shared, &session).await, "escalated");
    abstain().await;
    assert_eq!(tickets().await.len(), 1, "one at a time");
    let path = format!("/api/v1/events?type=escalation_opened&session={session}");
    let told = shared.look(&path).await;
    let told = told["items"].as_array().expect("items");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        (&told[0]["category"], &told[0]["payload"], &told[0]["resource_id"]),
        (&json!("system"), &json!({ "reason": "repeated_abstention", "by": "rule" }), &opened[0]["id"])
    );
    // After its end, three more.
    change(shared, &id_of(&opened[0]), json!({ "status": "resolved" }), StatusCode::OK).await;
    abstain().await;
    abstain().await;
    assert_eq!((tickets().await.len(), status_of(shared, &session).await), (1, json!("active")));
    abstain().await;
    assert_eq!((tickets().await.len(), status_of(shared, &session).await), (2, json!("escalated")));
}
