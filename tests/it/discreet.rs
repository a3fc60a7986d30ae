//! What a policy takes out of conversations is kept nowhere: not in messages, logs, transcripts, replays or what is searched.

mod canaries;

use answering::{Answer, Answering, Begun, Event};
use domain::{
    SessionId,
    conversation::Question,
    organization::{PiiPolicy, Settings},
};
use futures_util::StreamExt as _;
use std::{pin::pin, sync::Arc, time::Instant};
use store::{idempotency::Once, organizations};
use tests::{
    Organization, database,
    double::{self, Said},
};

fn once(key: &str) -> Once {
    Once { key: key.into(), fingerprint: [1; 32] }
}

/// A question under a key that nobody has sent, and its whole answer.
async fn answered_once(
    answering: &Arc<Answering>,
    acme: &Organization,
    session: SessionId,
    key: &str,
    text: &str,
) -> Box<Answer> {
    let Begun::Turn(turn) = answering.begin_once(&acme.caller(), session, once(key)).await.expect("let in")
    else {
        panic!("it was not answered before")
    };
    let question = Question::new(text).expect("a question");
    let mut events: Vec<Event> =
        pin!(Arc::clone(answering).answer(*turn, question, Instant::now())).collect().await;
    match events.pop() {
        Some(Event::Done(answer)) => answer,
        other => panic!("{other:?} after {events:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_out_is_kept_nowhere() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    acme.document("d", "p40.md")
        .saying(["Pump P-40 needs oil of grade 46. Ask zebedee@example.org."])
        .stored()
        .await;
    let tx = acme.tx().await;
    let policy = PiiPolicy { messages: vec!["email".into()], names_model: None };
    let settings = Settings { pii_policy: policy, transcript_sample_rate: 1.0, ..Settings::default() };
    organizations::change(&tx, "Acme", &settings).await.expect("changed");
    tx.finish().await.expect("committed");
    let script = |shown: &[double::Shown]| {
        shown.iter().take(1).map(|one| Said::Text(format!("{} [{}]", one.text, one.handle))).collect()
    };
    let aws = double::aws(double::serve(script).await);
    let answering = double::answering(&database, &aws);
    let session = acme.session().await;
    for (key, text) in [
        ("one", "Does zebedee@example.org know which grade of oil pump P-40 needs?"),
        ("two", "And how does zebedee@example.org say so?"),
    ] {
        let answer = answered_once(&answering, &acme, session, key, text).await;
        if key == "one" {
            assert!(answer.content.contains("zebedee@example.org"), "whoever asked reads it: {answer:?}");
            let Begun::Answered(again) =
                answering.begin_once(&acme.caller(), session, once(key)).await.expect("known")
            else {
                panic!("it was answered before")
            };
            assert!(again.content.contains("[e-mail]"), "{again:?}");
        }
    }
    let admin = database.admin().await.expect("a superuser");
    let count = async |sql: &str| -> i64 { admin.query_one(sql, &[]).await.expect("a count").get(0) };
    let replaced = "SELECT count(*) FROM docent.messages WHERE content LIKE '%[e-mail]%'";
    assert!(count(replaced).await >= 3, "both questions and the first answer");
    assert!(
        count("SELECT count(*) FROM docent.retrieval_logs WHERE transcript::text LIKE '%[e-mail]%'").await
            > 0
    );
    for table in ["messages", "retrieval_logs", "events", "sessions", "idempotency_keys"] {
        let found =
            count(&format!("SELECT count(*) FROM docent.{table} t WHERE t::text LIKE '%zebede%'")).await;
        assert_eq!(found, 0, "{table}");
    }
    let vectors = "SELECT count(*) FROM docent.retrieval_logs WHERE query_embedding IS NOT NULL AND query LIKE '%[e-mail]%'";
    assert_eq!(count(vectors).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_that_a_model_finds_are_kept_nowhere() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    acme.document("d", "p40.md")
        .saying(["Pump P-40 needs oil of grade 46, says Zebedee Quill."])
        .stored()
        .await;
    let tx = acme.tx().await;
    let policy = PiiPolicy { messages: vec!["email".into()], names_model: Some("a-model".into()) };
    let settings = Settings { pii_policy: policy, transcript_sample_rate: 1.0, ..Settings::default() };
    organizations::change(&tx, "Acme", &settings).await.expect("changed");
    tx.finish().await.expect("committed");
    // Who is shown no passages is asked for names, and names some that nobody said.
    let script = |shown: &[double::Shown]| match shown.first() {
        None => vec![Said::Text("{\"names\": [\"Zebedee Quill\", \"Zebedee\", \"Nobody\"]}".into())],
        Some(one) => vec![Said::Text(format!("{} [{}]", one.text, one.handle))],
    };
    let aws = double::aws(double::serve(script).await);
    let answering = double::answering(&database, &aws);
    let session = acme.session().await;
    for (key, text) in [
        ("one", "Does Zebedee Quill (zebedee@example.org) know which grade of oil pump P-40 needs?"),
        ("two", "And how does Zebedee say so?"),
    ] {
        let answer = answered_once(&answering, &acme, session, key, text).await;
        assert!(
            key == "two" || answer.content.contains("Zebedee Quill"),
            "whoever asked reads it: {answer:?}"
        );
    }
    let admin = database.admin().await.expect("a superuser");
    let count = async |sql: &str| -> i64 { admin.query_one(sql, &[]).await.expect("a count").get(0) };
    let kept = "SELECT count(*) FROM docent.messages WHERE content = 'Does [name] ([e-mail]) know which grade of oil pump P-40 needs?'";
    assert_eq!(count(kept).await, 1);
    assert!(
        count("SELECT count(*) FROM docent.messages WHERE role = 'assistant' AND content LIKE '%[name]%'")
            .await
            >= 1
    );
    let noted = "SELECT count(*) FROM docent.messages WHERE role = 'user' AND metadata #>> '{redaction,names}' = 'model'";
    assert_eq!(count(noted).await, 2);
    for table in ["messages", "retrieval_logs", "events", "sessions"] {
        let found = count(&format!("SELECT count(*) FROM docent.{table} t WHERE t::text ~* 'zebede'")).await;
        assert_eq!(found, 0, "{table}");
    }
    // What an answer cites are its document's words, here as in `citations`.
    let answers =
        "SELECT count(*) FROM docent.idempotency_keys WHERE (response - 'citations')::text ~* 'zebede'";
    assert_eq!(count(answers).await, 0);
}
