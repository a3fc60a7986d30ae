//! Names of persons that a language model finds in questions, through the real stack: taken out before anything is kept, and what
//! becomes of a question when the model fails.

use super::{id_of, refused_at, understanding::Speaking};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tests::aside::{MODEL, Reply, TOKENS};

impl Speaking {
    /// An organization that has names taken out.
    async fn naming(slug: &str) -> Self {
        let acme = Self::priced(slug).await;
        acme.set(json!({ "pii_policy": { "messages": ["email"], "names_model": MODEL } })).await;
        acme
    }

    async fn messages(&self, session: &str) -> Value {
        let path = format!("/api/v1/sessions/{session}/messages");
        self.say(Method::GET, &path, Value::Null, StatusCode::OK).await["items"].clone()
    }
}

fn naming(names: &[&str]) -> Reply {
    Reply::Says(json!({ "names": names }).to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_taken_out_before_a_question_is_kept() {
    let acme = Speaking::naming("naming-all").await;
    let known = acme.say(Method::GET, "/api/v1/organization", Value::Null, StatusCode::OK).await;
    assert_eq!(known["pii_policy"], json!({ "messages": ["email"], "names_model": MODEL }));
    acme.shared.aside.when("Naming-one", naming(&["Zebedee Quill", "Nobody Else"]));
    let session = acme.session().await;
    let spent = acme.spent().await["tokens"].as_i64().expect("tokens");
    acme.ask(&session, "Naming-one: I am Zebedee Quill, zq@example.org. Where is my parcel?").await;
    let messages = acme.messages(&session).await;
    let asked = &messages[0];
    assert_eq!(asked["content"], "Naming-one: I am [name], [e-mail]. Where is my parcel?");
    let (prompt, completion) = TOKENS;
    let redaction = &asked["redaction"];
    assert_eq!(
        (&redaction["names"], &redaction["model"], &redaction["failed"], &redaction["prompt_tokens"]),
        (&json!("model"), &json!(MODEL), &Value::Null, &json!(prompt)),
        "{asked}"
    );
    let cost: f64 = redaction["cost"].as_str().expect("a cost").parse().expect("a number");
    assert!((cost - 0.0003).abs() < 1e-9, "{redaction}");
    assert_eq!(acme.spent().await["tokens"].as_i64(), Some(spent + prompt + completion));
    let titled =
        acme.say(Method::GET, &format!("/api/v1/sessions/{session}"), Value::Null, StatusCode::OK).await;
    assert!(!titled.to_string().contains("Zebedee"), "{titled}");
    let log = format!("/api/v1/messages/{}/retrieval", id_of(&messages[1]));
    let log = acme.say(Method::GET, &log, Value::Null, StatusCode::OK).await;
    assert!(!log.to_string().contains("Zebedee"), "{log}");

    // What is changed is looked at anew, whether it is answered again or not.
    acme.shared.aside.when("Naming-two", naming(&["Ann Lee"]));
    let path = format!("/api/v1/sessions/{session}/messages/{}", id_of(asked));
    for (words, answer, expected) in [("it", false, StatusCode::NO_CONTENT), ("that", true, StatusCode::OK)] {
        let heard = acme.shared.aside.heard("Naming-two").len();
        let spent = acme.spent().await["tokens"].as_i64().expect("tokens");
        let changed = json!({ "message": format!("Naming-two: Ann Lee wants {words}."), "answer": answer });
        acme.say(Method::PATCH, &path, changed, expected).await;
        let messages = acme.messages(&session).await;
        assert_eq!(messages[0]["content"], format!("Naming-two: [name] wants {words}."), "{messages}");
        assert_eq!(messages[0]["redaction"]["names"], "model", "{messages}");
        assert!(!messages.to_string().contains("Ann Lee"), "{messages}");
        assert_eq!(acme.shared.aside.heard("Naming-two").len(), heard + 1, "asked once");
        assert_eq!(acme.spent().await["tokens"].as_i64(), Some(spent + prompt + completion));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_model_fails_the_patterns_stand_and_the_message_says_so() {
    let acme = Speaking::naming("naming-failing").await;
    acme.shared.aside.when("Naming-busy", Reply::Busy);
    acme.shared.aside.when("Naming-other", Reply::Says("{\"names\": \"Zebedee\"}".into()));
    let session = acme.session().await;
    for (words, failed) in [
        ("Naming-prose", &["unreadable"][..]),
        ("Naming-other", &["unreadable"]),
        // On a busy machine its second tries take longer than anybody waits.
        ("Naming-busy", &["unavailable", "too_slow"]),
    ] {
        acme.ask(&session, &format!("{words}: I am Zebedee, zq@example.org.")).await;
        let messages = acme.messages(&session).await;
        let asked = messages
            .as_array()
            .and_then(|all| all.iter().rfind(|one| one["role"] == "user"))
            .expect("a question");
        assert_eq!(asked["content"], format!("{words}: I am Zebedee, [e-mail]."));
        let redaction = &asked["redaction"];
        assert_eq!(redaction["names"], "patterns", "{asked}");
        assert!(redaction["failed"].as_str().is_some_and(|code| failed.contains(&code)), "{asked}");
    }
    // Who does not want it is not asked for it.
    acme.set(json!({ "pii_policy": { "messages": ["email"] } })).await;
    acme.ask(&session, "Naming-none: I am Zebedee.").await;
    let messages = acme.messages(&session).await;
    let asked = messages
        .as_array()
        .and_then(|all| all.iter().rfind(|one| one["role"] == "user"))
        .expect("a question");
    assert_eq!(
        (&asked["content"], &asked["redaction"]),
        (&json!("Naming-none: I am Zebedee."), &Value::Null)
    );
    assert!(acme.shared.aside.heard("Naming-none").is_empty());
    let long = json!({ "pii_policy": { "messages": [], "names_model": "a".repeat(domain::limits::MODEL_ID_CHARACTERS + 1) } });
    let problem =
        acme.say(Method::PATCH, "/api/v1/organization", long, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused_at(&problem), "/pii_policy/names_model", "{problem}");
}
