//! What messages are understood as, and which of them hand a conversation to people, through the real stack.

use super::id_of;
use crate::stack::support::{Shared, stack};
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// An organization of its own, which speaks with its bot.
pub(super) struct Speaking {
    pub(super) shared: &'static Shared,
    pub(super) key: String,
    pub(super) chatbot: String,
}

impl Speaking {
    pub(super) async fn as_organization(slug: &str) -> Self {
        let shared = stack().await;
        let key = shared.organization(slug).await["api_key"].as_str().expect("a key").to_owned();
        let name = json!({ "name": "Listening" });
        let chatbot = shared.say_as(&key, Method::POST, "/api/v1/chatbots", name, StatusCode::CREATED).await;
        Self { shared, chatbot: id_of(&chatbot), key }
    }

    pub(super) async fn say(&self, method: Method, path: &str, body: Value, expected: StatusCode) -> Value {
        self.shared.say_as(&self.key, method, path, body, expected).await
    }

    pub(super) async fn set(&self, settings: Value) {
        self.say(Method::PATCH, "/api/v1/organization", settings, StatusCode::OK).await;
    }

    pub(super) async fn session(&self) -> String {
        let path = format!("/api/v1/chatbots/{}/sessions", self.chatbot);
        id_of(&self.say(Method::POST, &path, json!({}), StatusCode::CREATED).await)
    }

    pub(super) async fn ask(&self, session: &str, question: &str) {
        let path = format!("/api/v1/sessions/{session}/messages");
        self.say(Method::POST, &path, json!({ "message": question }), StatusCode::OK).await;
    }

    /// The tickets of a new session in which this is said, and the session.
    async fn tickets_of(&self, question: &str) -> (Vec<Value>, String) {
        let session = self.session().await;
        self.ask(&session, question).await;
        let path = format!("/api/v1/escalations?session={session}");
        let listed = self.say(Method::GET, &path, Value::Null, StatusCode::OK).await;
        (listed["items"].as_array().expect("items").clone(), session)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_kept_with_what_it_was_understood_as() {
    let acme = Speaking::as_organization("understanding-kept").await;
    let session = acme.session().await;
    acme.ask(&session, "This is terrible and I hate it. Is the VAT included?").await;
    acme.ask(&session, "ควรเปลี่ยนไส้กรองบ่อยแค่ไหน").await;
    let path = format!("/api/v1/sessions/{session}/messages");
    let listed = acme.say(Method::GET, &path, Value::Null, StatusCode::OK).await;
    let [angry, answer, thai, _] = listed["items"].as_array().expect("items").as_slice() else {
        panic!("{listed}")
    };
    assert_eq!((&angry["language"], &angry["sentiment"]["label"]), (&json!("en"), &json!("negative")));
    assert!(
        angry["sentiment"]["score"].as_f64().is_some_and(|score| (-1.0..-0.3).contains(&score)),
        "{angry}"
    );
    let flags = json!({ "legal": false, "tax": true, "personal_data": false, "self_harm": false, "violence": false, "fraud": false });
    assert_eq!(angry["risk_flags"], flags);
    // Of Thai the rules are known, and no lexicon; of answers nothing is asked.
    assert_eq!((&thai["language"], &thai["sentiment"]), (&json!("th"), &Value::Null));
    assert_eq!(thai["risk_flags"]["tax"], false);
    assert_eq!(
        (&answer["language"], &answer["sentiment"], &answer["risk_flags"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );

    // What is changed is understood anew.
    let path = format!("{path}/{}", id_of(angry));
    acme.say(Method::PATCH, &path, json!({ "message": "Wonderful, thank you!" }), StatusCode::NO_CONTENT)
        .await;
    let path = format!("/api/v1/sessions/{session}/messages");
    let listed = acme.say(Method::GET, &path, Value::Null, StatusCode::OK).await;
    assert_eq!(listed["items"][0]["sentiment"]["label"], "positive", "{listed}");
    assert_eq!(listed["items"][0]["risk_flags"]["tax"], false);

    // Who sits at the page is not told what is thought of them.
    let opened = format!("/api/v1/chatbots/{}/sessions", acme.chatbot);
    let opened = acme.say(Method::POST, &opened, json!({}), StatusCode::CREATED).await;
    let token = opened["token"].as_str().expect("a token");
    let path = format!("/api/v1/sessions/{}/messages", id_of(&opened));
    let say = json!({ "message": "I love it, thank you!" });
    acme.shared.say_as(token, Method::POST, &path, say, StatusCode::OK).await;
    let theirs = acme.shared.say_as(token, Method::GET, &path, Value::Null, StatusCode::OK).await;
    assert_eq!(
        (&theirs["items"][0]["sentiment"], &theirs["items"][0]["risk_flags"]),
        (&Value::Null, &Value::Null)
    );
    let ours = acme.say(Method::GET, &path, Value::Null, StatusCode::OK).await;
    assert_eq!(ours["items"][0]["sentiment"]["label"], "positive");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_a_risk_and_a_mood_open_tickets_where_the_organization_wants_it() {
    let acme = Speaking::as_organization("understanding-tickets").await;
    let first = |tickets: &[Value]| {
        tickets.first().map(|ticket| {
            let word = |name: &str| ticket[name].as_str().unwrap_or_default().to_owned();
            assert_eq!((word("opened_by_kind"), tickets.len()), ("rule".to_owned(), 1));
            (word("reason"), word("priority"), ticket["details"].clone())
        })
    };
    let opened =
        |reason: &str, priority: &str, details: Value| Some((reason.into(), priority.into(), details));
    // As an organization begins: a wish and what cannot wait.
    let (tickets, session) = acme.tickets_of("I want to talk to a human.").await;
    assert_eq!(first(&tickets), opened("requested", "medium", json!({})));
    let status =
        acme.say(Method::GET, &format!("/api/v1/sessions/{session}"), Value::Null, StatusCode::OK).await;
    assert_eq!(status["status"], "escalated");
    acme.ask(&session, "I want to talk to a human, I said!").await;
    let ticket = format!("/api/v1/escalations/{}", id_of(&tickets[0]));
    let whole = acme.say(Method::GET, &ticket, Value::Null, StatusCode::OK).await;
    let heard = &whole["transcript"][0];
    assert_eq!(
        (&heard["sentiment"]["label"], &heard["risk_flags"]["legal"]),
        (&json!("neutral"), &json!(false)),
        "{whole}"
    );
    let listed = format!("/api/v1/escalations?session={session}");
    let listed = acme.say(Method::GET, &listed, Value::Null, StatusCode::OK).await;
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "one at a time");

    let (tickets, _) = acme.tickets_of("Solve this, or I will sue you.").await;
    assert_eq!(first(&tickets), opened("risk", "high", json!({ "risk_flags": ["legal"] })));
    // A risk goes before a wish.
    let (tickets, _) =
        acme.tickets_of("Ich will nicht mehr leben. Ich möchte mit einem Menschen sprechen.").await;
    assert_eq!(first(&tickets), opened("risk", "critical", json!({ "risk_flags": ["self_harm"] })));
    for nothing in [
        "Is the VAT included?",
        "This is terrible, I hate your awful service!",
        "How many agents does the company have?",
    ] {
        assert_eq!(first(&acme.tickets_of(nothing).await.0), None, "{nothing}");
    }

    // As it wants it.
    acme.set(
        json!({ "escalate_on_wish": false, "escalate_on_risk": ["tax"], "escalate_on_sentiment": -0.5 }),
    )
    .await;
    assert_eq!(first(&acme.tickets_of("I want to talk to a human.").await.0), None);
    assert_eq!(first(&acme.tickets_of("Solve this, or I will sue you.").await.0), None);
    let (tickets, _) = acme.tickets_of("Is the VAT included?").await;
    assert_eq!(first(&tickets), opened("risk", "high", json!({ "risk_flags": ["tax"] })));
    let (tickets, _) = acme.tickets_of("This is terrible, I hate your awful service!").await;
    assert_eq!(first(&tickets).map(|one| one.0), Some("negative_sentiment".to_owned()));
    assert_eq!(first(&acme.tickets_of("I am a bit sad about it.").await.0), None, "not that bad");
    acme.set(json!({ "escalate_on_risk": [], "escalate_on_sentiment": null })).await;
    for nothing in ["Is the VAT included?", "This is terrible, I hate your awful service!"] {
        assert_eq!(first(&acme.tickets_of(nothing).await.0), None, "{nothing}");
    }
    let known = acme.say(Method::GET, "/api/v1/organization", Value::Null, StatusCode::OK).await;
    assert_eq!(
        (&known["escalate_on_wish"], &known["escalate_on_risk"], &known["escalate_on_sentiment"]),
        (&json!(false), &json!([]), &Value::Null)
    );
    for (wrong, at) in [
        (json!({ "escalate_on_risk": ["weather"] }), "/escalate_on_risk"),
        (json!({ "escalate_on_sentiment": 0.1 }), "/escalate_on_sentiment"),
        (json!({ "escalate_on_sentiment": -1.1 }), "/escalate_on_sentiment"),
    ] {
        let problem =
            acme.say(Method::PATCH, "/api/v1/organization", wrong, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(super::refused_at(&problem), at, "{problem}");
    }
}
