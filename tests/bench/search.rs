//! Search under the tenant's filter: completeness, recall, how it grows, and beside LlamaIndex' and LangChain's stores over the
//! same rows in the same server, in one run.
//!
//! ```text
//! cargo bench --profile dev -p tests --bench search -- [CHUNKS] [--peers PYTHON]
//! ```
//!
//! Four tenants own 78.9 %, 20 %, 1 % and 0.1 % of the chunks; three chatbots of the largest may read 20 %, 1 % and 0.1 % of
//! it. Passages are of topics, in words as frequent as Zipf has them; a question is some words of a passage and three that half
//! of all passages hold.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use domain::{ChatbotId, DocumentId};
use pgvector::Vector;
use rand::{SeedableRng as _, rngs::StdRng};
use std::{
    collections::HashSet,
    process::Command,
    time::{Duration, Instant},
};
use store::{
    chatbot_settings,
    search::{self, Filter, Search},
};
use tests::{Organization, TestDatabase, database, database::DIMENSION, repository, topics, vectors};
use tokio_postgres::Client;

const CHUNKS: usize = 100_000;
/// Passages of a document.
const OF_A_DOCUMENT: usize = 50;
const QUESTIONS: usize = 60;
const K: u32 = 10;
/// Shares of all chunks, in thousandths.
const TENANTS: [(&str, usize); 4] =
    [("most", 789), ("a-fifth", 200), ("a-hundredth", 10), ("a-thousandth", 1)];
/// Shares of the largest tenant's chunks that a chatbot of its may read, in thousandths.
const BOTS: [(&str, usize); 3] =
    [("bot-of-a-fifth", 200), ("bot-of-a-hundredth", 10), ("bot-of-a-thousandth", 1)];

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(CHUNKS);
    let python =
        arguments.iter().position(|argument| argument == "--peers").and_then(|at| arguments.get(at + 1));
    let database = database().await;
    let admin = database.admin().await.expect("a superuser: unset DATABASE_URL");
    let mut tenants = Vec::new();
    for (slug, share) in TENANTS {
        tenants.push((Organization::create(&database, slug).await, share));
    }
    let mut random = StdRng::seed_from_u64(7);
    let questions: Vec<String> = (0..QUESTIONS).map(|_| topics::question(&mut random)).collect();
    let mut grown = Vec::new();
    // A tenth first, then the rest: how search grows is seen in one run.
    for (from, to) in [(0, count / 10), (count / 10, count)] {
        for (organization, share) in &tenants {
            fill(organization, from * share / 1_000, to * share / 1_000, &mut random).await;
        }
        admin.batch_execute("ANALYZE").await.expect("analyze");
        let (largest, _) = &tenants[0];
        let figures = measure(largest, None, &questions).await;
        println!("{to} chunks, {}: {figures}", largest.slug);
        grown.push(figures);
    }
    println!(
        "growth ten-fold: vectors {:.2}, words {:.2}, both {:.2}",
        grown[1].vectors.p50 / grown[0].vectors.p50,
        grown[1].words.p50 / grown[0].words.p50,
        grown[1].both.p50 / grown[0].both.p50
    );
    for (organization, _) in &tenants {
        let figures = measure(organization, None, &questions).await;
        report(&admin, organization, None, &organization.slug, &questions, &figures).await;
    }
    for (name, share) in BOTS {
        let bot = bot(&database, &tenants[0].0, name, count * TENANTS[0].1 / 1_000 * share / 1_000).await;
        let figures = measure(&tenants[0].0, Some(bot), &questions).await;
        report(&admin, &tenants[0].0, Some(bot), name, &questions, &figures).await;
    }
    if let (Some(python), Some(url)) = (python, &database.admin_url) {
        let texts = serde_json::to_string(&questions).expect("JSON");
        let vectors: Vec<Vec<f32>> =
            questions.iter().map(|text| vectors::of_text(text, DIMENSION).to_vec()).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("questions.json");
        std::fs::write(&file, format!("[{texts}, {}]", serde_json::to_string(&vectors).expect("JSON")))
            .expect("write questions");
        let script = repository::root().join("tests/bench/peers/search.py");
        let status = Command::new(python).arg(script).arg(url).arg(&file).status();
        assert!(status.expect("start Python").success(), "the peers' script failed");
    }
}

/// Writes a tenant's chunks from one number to another.
async fn fill(organization: &Organization, from: usize, to: usize, random: &mut StdRng) {
    let numbers: Vec<usize> = (from..to).collect();
    for numbers in numbers.chunks(OF_A_DOCUMENT) {
        let path = format!("{}.txt", numbers[0]);
        let passages: Vec<String> = numbers.iter().map(|_| topics::passage(random)).collect();
        organization.document("all", &path).saying(passages).stored().await;
    }
}

/// A chatbot that reads so many chunks, rounded up to whole documents.
async fn bot(database: &TestDatabase, organization: &Organization, name: &str, chunks: usize) -> ChatbotId {
    let bot = organization.chatbot_named(name).await;
    let owner = database.admin().await.expect("a superuser");
    let limit = i64::try_from(chunks.div_ceil(OF_A_DOCUMENT)).expect("few");
    let query = "SELECT id FROM docent.documents WHERE organization_id = $1 ORDER BY md5(id::text) LIMIT $2";
    let rows = owner.query(query, &[&organization.id.0, &limit]).await.expect("list documents");
    let tx = organization.tx().await;
    let documents: Vec<DocumentId> = rows.iter().map(|row| DocumentId(row.get(0))).collect();
    chatbot_settings::set_documents(&tx, bot, &documents).await.expect("link");
    tx.finish().await.expect("commit");
    bot
}

/// Milliseconds.
struct Times {
    p50: f64,
    p95: f64,
}

struct Figures {
    vectors: Times,
    words: Times,
    both: Times,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { vectors, words, both } = self;
        let legs = vectors.p50 + words.p50;
        write!(
            f,
            "p50/p95 ms: vectors {:.1}/{:.1}, words {:.1}/{:.1}, both {:.1}/{:.1}; both / legs {:.2}",
            vectors.p50,
            vectors.p95,
            words.p50,
            words.p95,
            both.p50,
            both.p95,
            both.p50 / legs
        )
    }
}

async fn measure(organization: &Organization, bot: Option<ChatbotId>, questions: &[String]) -> Figures {
    let mut taken = [Vec::new(), Vec::new(), Vec::new()];
    // Side by side, question by question, so that what else the machine does falls on all alike; the first round warms up.
    for round in 0..2 {
        for question in questions {
            let vector = vectors::of_text(question, DIMENSION);
            let words = language::words(question);
            for (of, (vector, words)) in taken.iter_mut().zip([
                (Some(&vector), &[][..]),
                (None, words.as_slice()),
                (Some(&vector), words.as_slice()),
            ]) {
                let begun = Instant::now();
                find(organization, bot, vector, words).await;
                if round > 0 {
                    of.push(begun.elapsed());
                }
            }
        }
    }
    let [vectors, words, both] = taken.map(times);
    Figures { vectors, words, both }
}

fn times(mut taken: Vec<Duration>) -> Times {
    taken.sort_unstable();
    let at = |share: usize| taken[(taken.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    Times { p50: at(50), p95: at(95) }
}

async fn find(
    organization: &Organization,
    bot: Option<ChatbotId>,
    vector: Option<&Vector>,
    words: &[String],
) -> Vec<uuid::Uuid> {
    let filter = Filter::default();
    let search = Search {
        space: organization.space.id,
        vector,
        words,
        chatbot: bot,
        filter: &filter,
        dense_weight: 0.7,
        limit: K,
    };
    let tx = organization.tx().await;
    let hits = search::search(&tx, &search).await.expect("search");
    tx.finish().await.expect("commit");
    hits.iter().map(|hit| hit.chunk.0).collect()
}

/// How many rows came, of those wanted, and how many of the truly nearest were among them.
async fn report(
    admin: &Client,
    organization: &Organization,
    bot: Option<ChatbotId>,
    name: &str,
    questions: &[String],
    figures: &Figures,
) {
    let (mut full, mut right) = (0, 0);
    for question in questions {
        let vector = vectors::of_text(question, DIMENSION);
        let found = find(organization, bot, Some(&vector), &[]).await;
        full += usize::from(found.len() == K as usize);
        let rows = admin
            .query(
                "SELECT e.chunk_id FROM docent.embeddings e
                   JOIN docent.documents d ON d.active_version_id = e.document_version_id
                  WHERE e.organization_id = $1
                    AND ($2::uuid IS NULL OR EXISTS (SELECT FROM docent.chatbot_documents l
                                                      WHERE l.chatbot_id = $2 AND l.document_id = d.id))
                  ORDER BY e.vector <=> $3::real[]::halfvec LIMIT $4",
                &[&organization.id.0, &bot.map(|bot| bot.0), &vector.to_vec(), &i64::from(K)],
            )
            .await
            .expect("search exactly");
        let nearest: HashSet<uuid::Uuid> = rows.iter().map(|row| row.get(0)).collect();
        right += found.iter().filter(|chunk| nearest.contains(chunk)).count();
    }
    let count = u32::try_from(questions.len()).expect("few");
    println!(
        "{name}: {full} of {count} full, recall@{K} {:.3}; {figures}",
        f64::from(u32::try_from(right).expect("few")) / f64::from(count * K)
    );
}
