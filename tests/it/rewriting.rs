//! Follow-ups that the bot's own model rewrites: what it is asked, what becomes of what it writes, what that costs, and that the
//! rules do it wherever it fails.

use answering::{Answer, Answering, Event};
use domain::{
    SessionId,
    chatbot::{ModelConfig, Rewrite},
    conversation::Question,
    limits,
};
use futures_util::StreamExt as _;
use models::Usage;
use pgvector::Vector;
use serde_json::{Value, json};
use std::{
    pin::pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use store::{
    budgets::{self, Spending},
    curated::{self, Origin, Writing},
    retrievals::{self, Retrieval},
};
use tests::{
    Organization, TestDatabase, database,
    double::{self, Said},
};

const SEAL: &str = "How often must the shaft seal of the P-40 be replaced?";
const FOLLOW_UP: &str = "And of the P-60?";
/// What a good model writes of it.
const ALONE: &str = "How often must the shaft seal of the P-60 be replaced?";
/// What the rules make of it.
const BY_RULES: &str = "often shaft seal replaced And of the P-60?";

/// An organization whose bot has its model rewrite, and the model between them.
struct Scene {
    database: TestDatabase,
    acme: Organization,
    answering: Arc<Answering>,
    requests: double::Requests,
    /// What the model says to a follow-up.
    rewrites: Arc<Mutex<Vec<Said>>>,
}

impl Scene {
    async fn new(rewrite: Rewrite) -> Option<Self> {
        let database = database().await;
        let admin = database.admin().await?;
        let acme = Organization::create(&database, "acme").await;
        acme.document("d", "pumps.md")
            .saying([
                "The shaft seal of the P-40 is replaced every 8,000 operating hours.",
                "The shaft seal of the P-60 is replaced every 5,000 operating hours.",
                "Employees get 24 days of paid leave a year.",
                "Invoices are paid within thirty days.",
                "The canteen opens at noon.",
                "Visitors register at the gate.",
            ])
            .stored()
            .await;
        let config = json!(ModelConfig { rewrite, ..ModelConfig::default() });
        admin.execute("UPDATE docent.config_versions SET model_config = $1", &[&config]).await.expect("set");
        let rewrites = Arc::new(Mutex::new(vec![Said::Text(ALONE.into())]));
        let said = Arc::clone(&rewrites);
        let (address, requests) = double::recording(move |shown| match shown.first() {
            Some(first) => vec![Said::Text(format!("{} [{}]", first.text, first.handle))],
            None => said.lock().expect("no panic under this lock").clone(),
        })
        .await;
        let answering = double::answering(&database, &double::aws(address));
        Some(Self { database, acme, answering, requests, rewrites })
    }

    async fn ask(&self, session: SessionId, question: &str) -> Answer {
        let turn = self.answering.begin(&self.acme.caller(), session).await.expect("a turn");
        let question = Question::new(question).expect("a question");
        let events: Vec<Event> =
            pin!(Arc::clone(&self.answering).answer(turn, question, Instant::now())).collect().await;
        match events.last() {
            Some(Event::Done(answer)) => (**answer).clone(),
            _ => panic!("{events:?}"),
        }
    }

    async fn log(&self, answer: &Answer) -> Retrieval {
        let tx = self.acme.tx().await;
        retrievals::of_message(&tx, answer.id).await.expect("read").expect("a log")
    }

    /// What the model was asked since the last time.
    fn requests(&self) -> Vec<Value> {
        std::mem::take(&mut self.requests.lock().expect("no panic under this lock"))
    }

    fn rewrites(&self, said: impl IntoIterator<Item = Said>) {
        *self.rewrites.lock().expect("no panic under this lock") = said.into_iter().collect();
    }

    async fn number(&self, sql: &str) -> f64 {
        let admin = self.database.admin().await.expect("a superuser");
        admin.query_one(sql, &[]).await.expect("a number").get(0)
    }
}

/// What the double counts for a call.
const CALL: Usage = Usage { prompt: 8, completion: 1, kept: 3, keeping: 4 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bots_own_model_rewrites_what_comes_after_the_first_question() {
    let Some(scene) = Scene::new(Rewrite::Model).await else { return };
    let limited = "UPDATE docent.chatbots SET daily_tokens = 1000000";
    scene.database.admin().await.expect("a superuser").execute(limited, &[]).await.expect("limited");
    let session = scene.acme.session().await;
    let answer = scene.ask(session, SEAL).await;
    assert!(answer.content.contains("8,000"), "{answer:?}");
    assert_eq!((answer.usage, scene.requests().len()), (CALL, 1), "a first question is only answered");
    let log = scene.log(&answer).await;
    assert_eq!((log.rewritten, log.rewritten_by), (None, None));

    let answer = scene.ask(session, FOLLOW_UP).await;
    assert!(answer.content.contains("5,000") && !answer.content.contains("8,000"), "{answer:?}");
    let log = scene.log(&answer).await;
    assert_eq!((log.query.as_str(), log.rewritten.as_deref()), (FOLLOW_UP, Some(ALONE)));
    assert_eq!(log.rewritten_by.as_deref(), Some("model"));
    let requests = scene.requests();
    let asked = |number: usize| requests[number]["messages"].as_array().expect("turns").clone();
    let text = |turn: &Value| turn["content"][0]["text"].as_str().expect("a text").to_owned();
    assert_eq!((requests.len(), asked(0).len()), (2, 1));
    let rewriting = text(&asked(0)[0]);
    assert!(rewriting.contains(&format!("<user>{SEAL}</user>")), "{rewriting}");
    assert!(rewriting.ends_with(&format!("<question>{FOLLOW_UP}</question>")), "{rewriting}");
    assert_eq!(requests[0]["inferenceConfig"]["maxTokens"], json!(limits::REWRITTEN_TOKENS));
    assert!(text(asked(1).last().expect("a turn")).contains(&format!("<searched>{ALONE}</searched>")));

    // Both calls are the message's, the session's and the budget's.
    assert_eq!(answer.usage, CALL + CALL);
    let spent = "SELECT max(tokens)::float8 FROM docent.budgets";
    let of_session = "SELECT total_tokens::float8 FROM docent.sessions";
    for sql in [spent, of_session] {
        assert!((scene.number(sql).await - 27.0).abs() < 0.5, "{sql}: {}", scene.number(sql).await);
    }
    let calls = "SELECT count(*)::float8 FROM docent.events WHERE event_type = 'llm_call' AND payload ->> 'purpose' = 'rewrite'";
    assert!((scene.number(calls).await - 1.0).abs() < 0.5);

    // A question that the model leaves as it is, is searched for as it is.
    scene.rewrites([Said::Text(format!("  {ALONE}\n"))]);
    let log = scene.log(&scene.ask(session, ALONE).await).await;
    assert_eq!((log.rewritten, log.rewritten_by.as_deref()), (None, Some("model")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_model_fails_the_rules_rewrite() {
    let Some(scene) = Scene::new(Rewrite::Model).await else { return };
    let text = |text: &str| Said::Text(text.into());
    let too_long = "seal ".repeat(limits::REWRITTEN_TOKENS + 1);
    let cases = [
        (vec![Said::Refusal], CALL),
        (vec![], CALL + CALL),
        (vec![text("NO_ANSWER")], CALL + CALL),
        (vec![text("It is replaced:\nevery 5,000 hours.")], CALL + CALL),
        (vec![text(&too_long)], CALL + CALL),
        (vec![text("Sorry, that is impossible.")], CALL + CALL),
        (vec![text(ALONE), Said::Limit], CALL + CALL),
    ];
    for (said, usage) in cases {
        scene.rewrites(said.clone());
        let session = scene.acme.session().await;
        scene.ask(session, SEAL).await;
        let answer = scene.ask(session, FOLLOW_UP).await;
        let log = scene.log(&answer).await;
        let logged = (log.rewritten.as_deref(), log.rewritten_by.as_deref());
        assert_eq!(logged, (Some(BY_RULES), Some("rules")), "{said:?}");
        assert!(answer.content.contains("5,000"), "{said:?}: {answer:?}");
        assert_eq!(answer.usage, usage, "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_falls_silent_is_not_waited_for() {
    let Some(scene) = Scene::new(Rewrite::Model).await else { return };
    let session = scene.acme.session().await;
    scene.ask(session, SEAL).await;
    scene.rewrites([Said::Text("How often".into()), Said::Silence]);
    let began = Instant::now();
    let answer = scene.ask(session, FOLLOW_UP).await;
    let patience = Duration::from_secs(limits::REWRITE_SECONDS);
    assert!(began.elapsed() >= patience && began.elapsed() < patience * 3, "{:?}", began.elapsed());
    assert!(answer.content.contains("5,000"), "{answer:?}");
    // What it read before it fell silent is paid for, by estimate.
    assert!(answer.usage.prompt > 2 * CALL.prompt && answer.usage.completion > CALL.completion, "{answer:?}");
    assert_eq!(scene.log(&answer).await.rewritten_by.as_deref(), Some("rules"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_that_asks_for_nothing_calls_no_model_to_rewrite() {
    let Some(scene) = Scene::new(Rewrite::default()).await else { return };
    let session = scene.acme.session().await;
    scene.ask(session, SEAL).await;
    let answer = scene.ask(session, FOLLOW_UP).await;
    assert_eq!((answer.usage, scene.requests().len()), (CALL, 2), "one call an answer");
    let log = scene.log(&answer).await;
    let logged = (log.rewritten.as_deref(), log.rewritten_by.as_deref());
    assert_eq!(logged, (Some(BY_RULES), Some("rules")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_people_costs_what_rewriting_its_question_did() {
    let Some(scene) = Scene::new(Rewrite::Model).await else { return };
    let admin = scene.database.admin().await.expect("a superuser");
    let priced = "UPDATE docent.config_versions SET llm_model = 'anthropic.claude-haiku-4-5-20251001-v1:0'";
    admin.execute(priced, &[]).await.expect("a model with a price");
    let answer = Writing {
        id: domain::CuratedAnswerId::generate(),
        chatbot: None,
        collection: None,
        question: ALONE.into(),
        answer: "Ask the service, whatever the manual says.".into(),
        source_url: None,
        language: "en".into(),
        words: language::words(ALONE),
        is_active: true,
    };
    let vector: Vector = tests::vectors::of_text(ALONE, scene.acme.space.dimension);
    let tx = scene.acme.tx().await;
    curated::create(&tx, std::slice::from_ref(&answer), Origin::Api, "test", None).await.expect("written");
    curated::insert_vectors(&tx, scene.acme.space.id, &[answer.id], &[vector]).await.expect("found");
    tx.finish().await.expect("committed");
    let session = scene.acme.session().await;
    let first = scene.ask(session, SEAL).await;
    let answer = scene.ask(session, FOLLOW_UP).await;
    assert_eq!((answer.model.as_str(), answer.usage), ("curated", CALL), "{answer:?}");
    let cost = |answer: &Answer| answer.cost.clone().expect("a price").parse::<f64>().expect("a number");
    // Of 8 tokens at $1 a million 3 had been kept, at a tenth, and 4 are from now on, at a quarter more; 1 at $5.
    let is_right = |answer: &Answer| (cost(answer) - 0.000_011).abs() < 1e-9;
    assert!(is_right(&answer) && is_right(&first), "{answer:?}");
    let tx = scene.acme.tx().await;
    let spent = Spending {
        provider: "bedrock",
        model: "anthropic.claude-haiku-4-5-20251001-v1:0",
        prompt: 1_000,
        completion: 100,
        kept: 600,
        keeping: 200,
    };
    assert_eq!(budgets::cost(&tx, &spent).await.expect("read").as_deref(), Some("0.001010000"));
    let whole = Spending { kept: 0, keeping: 0, ..spent };
    assert_eq!(budgets::cost(&tx, &whole).await.expect("read").as_deref(), Some("0.001500000"));
    let search = Spending { model: "cohere.rerank-v3-5:0", prompt: 1, completion: 0, ..whole };
    assert_eq!(budgets::cost(&tx, &search).await.expect("read").as_deref(), Some("0.002000000"));
    // Through a profile that has a price of its own, and through one that has none.
    let within = Spending { model: "eu.anthropic.claude-haiku-4-5-20251001-v1:0", ..spent };
    assert_eq!(budgets::cost(&tx, &within).await.expect("read").as_deref(), Some("0.001111000"));
    let anywhere = Spending { model: "global.anthropic.claude-haiku-4-5-20251001-v1:0", ..spent };
    assert_eq!(budgets::cost(&tx, &anywhere).await.expect("read").as_deref(), Some("0.001010000"));
}
