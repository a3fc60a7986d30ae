//! What an answer costs: its model, cheaper where the provider had kept the prompt, the vectors of the question and of what is said to
//! it, and the reranker. One figure, wherever it is told.

use answering::{Answer, Answering, Event, Refusal};
use domain::conversation::Question;
use futures_util::StreamExt as _;
use jiff::civil::Date;
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use store::{ai_models, metrics};
use tests::{
    Organization, TestDatabase, database,
    database::MODEL,
    double::{self, Said, Shown},
};
use tokio_postgres::Client;

const QUESTION: &str = "How often must the shaft seal of the P-40 be replaced?";
/// Of 8 tokens at $1 a million 3 had been kept, at a tenth, and 4 are from now on, at a quarter more; 1 written, at $5: $11.3 a million
/// answers.
const ANSWER_MICROS: i64 = 11;
/// Of a search of Cohere's reranker, at $2 a thousand.
const SEARCH_MICROS: i64 = 2_000;
/// Of a token of a vector, at the organization's own terms: $1,000 a million.
const VECTOR_MICROS: i64 = 1_000;
/// What a busy machine may take.
const SLACK: Duration = Duration::from_secs(20);

struct Scene {
    acme: Organization,
    answering: Arc<Answering>,
    /// Tokens of vectors that the model was asked for while answering.
    embedded: Arc<AtomicI64>,
    database: TestDatabase,
}

impl Scene {
    /// A bot with a reranker, whose dollars of a day are few; `None` where tests have no superuser.
    async fn new(said: fn(&[Shown]) -> Vec<Said>) -> Option<Self> {
        let database = database().await;
        let admin = database.admin().await?;
        let acme = Organization::create(&database, "acme").await;
        acme.document("d", "pumps.md")
            .saying([
                "The shaft seal of the P-40 is replaced every 8,000 operating hours.",
                "Employees get 24 days of paid leave a year.",
                "Invoices are paid within thirty days.",
                "The canteen opens at noon.",
            ])
            .stored()
            .await;
        let config = "UPDATE docent.config_versions
                         SET llm_model = 'anthropic.claude-haiku-4-5-20251001-v1:0',
                             reranker_model = 'cohere.rerank-v3-5:0', confidence_threshold = 0";
        admin.execute(config, &[]).await.expect("settings");
        admin.batch_execute("UPDATE docent.chatbots SET daily_cost = 0.05").await.expect("a budget");
        let tx = acme.tx().await;
        let mut models = ai_models::list(&tx, None).await.expect("read prices");
        models.retain(|model| model.model_id == MODEL);
        models[0].input_price = Some("1000".into());
        ai_models::put(&tx, &models).await.expect("the organization's own price");
        tx.finish().await.expect("commit");
        let (address, embedded) = double::complete(said).await;
        let answering = double::answering(&database, &double::aws(address));
        Some(Self { acme, answering, embedded, database })
    }

    /// A connection inside the organization.
    async fn client(&self) -> Client {
        let client = self.database.application().await;
        let set = format!("SET app.organization_id = '{}'", self.acme.id);
        client.batch_execute(&set).await.expect("set");
        client
    }

    /// Millionths of a dollar that vectors and the reranker cost by now.
    fn beside(&self) -> i64 {
        self.embedded.load(Ordering::SeqCst) * VECTOR_MICROS + SEARCH_MICROS
    }
}

/// Sentences that stand in the first passage, and are cited.
fn repeated(shown: &[Shown]) -> Vec<Said> {
    let sentence = |first: &Shown| format!("{} [{}]. ", first.text.trim_end_matches('.'), first.handle);
    shown.first().map(|first| vec![Said::Text(sentence(first)); 3]).unwrap_or_default()
}

/// The same; then nothing, and the connection stays.
fn silent(shown: &[Shown]) -> Vec<Said> {
    let mut said = repeated(shown);
    said.push(Said::Silence);
    said
}

fn dollars(micros: i64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_messages_cost_is_that_of_its_session_its_day_and_its_budget() {
    let Some(scene) = Scene::new(repeated).await else { return };
    let caller = scene.acme.caller();
    let session = scene.acme.session().await;
    let turn = scene.answering.begin(&caller, session).await.expect("a turn");
    let question = Question::new(QUESTION).expect("a question");
    let events: Vec<Event> =
        pin!(Arc::clone(&scene.answering).answer(turn, question, Instant::now())).collect().await;
    let Some(Event::Done(answer)) = events.last() else { panic!("{events:?}") };
    let Answer { usage, cost, .. } = &**answer;
    assert_eq!((usage.prompt, usage.kept, usage.keeping, usage.completion), (8, 3, 4, 1));
    assert!(
        scene.embedded.load(Ordering::SeqCst) >= 2 * double::VECTOR_TOKENS,
        "the question, and what was said to it"
    );
    let expected = dollars(scene.beside() + ANSWER_MICROS);
    assert_eq!(cost.as_deref(), Some(expected.as_str()));

    let client = scene.client().await;
    let days = client.query("SELECT DISTINCT day FROM docent.metric_days", &[]).await.expect("days");
    let tx = scene.acme.tx().await;
    for day in days.iter().map(|row| row.get::<_, Date>(0)) {
        assert!(metrics::roll_up(&tx, day).await.expect("counted"));
    }
    tx.finish().await.expect("commit");
    for (what, sql) in [
        ("message", "SELECT cost::text FROM docent.messages WHERE role = 'assistant'"),
        ("session", "SELECT total_cost::text FROM docent.sessions"),
        ("day", "SELECT sum(total_cost_usd)::text FROM docent.daily_metrics"),
        // Budgets are kept to the thousandth part of a millionth.
        ("budgets", "SELECT string_agg(DISTINCT round(cost, 6)::text, ' ') FROM docent.budgets"),
    ] {
        let told: String = client.query_one(sql, &[]).await.expect("one row").get(0);
        assert_eq!(told, expected, "{what}");
    }
    // The model alone would have been far below the bot's budget of a day.
    let again = scene.answering.begin(&caller, session).await;
    assert!(matches!(again, Err(Refusal::OverBudget(_))), "what was called beside it is spent");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_read_on_costs_what_was_called_by_then() {
    let Some(scene) = Scene::new(silent).await else { return };
    let session = scene.acme.session().await;
    let turn = scene.answering.begin(&scene.acme.caller(), session).await.expect("a turn");
    let question = Question::new(QUESTION).expect("a question");
    let mut events = Box::pin(Arc::clone(&scene.answering).answer(turn, question, Instant::now()));
    let first = tokio::time::timeout(SLACK, events.next()).await.expect("something is shown in time");
    assert!(matches!(first, Some(Event::Token(_))), "{first:?}");
    let expected = scene.beside();
    drop(events);
    let cost_beside = "SELECT round((cost - docent.cost_of('bedrock', model, prompt_tokens, completion_tokens)) * 1000000)::bigint
                         FROM docent.messages WHERE role = 'assistant'";
    let client = scene.client().await;
    let kept = async {
        loop {
            match client.query_opt(cost_beside, &[]).await.expect("at most one answer") {
                Some(row) => break row.get::<_, i64>(0),
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    let told = tokio::time::timeout(SLACK, kept).await.expect("what was shown is kept");
    // A message's cost is rounded to the millionth.
    assert!((told - expected).abs() <= 1, "{told} for {expected}");
    assert!(
        told >= 2 * double::VECTOR_TOKENS * VECTOR_MICROS,
        "the question's vector, and what was shown: {told}"
    );
}
