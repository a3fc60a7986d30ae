//! What the walls cost: the search function with its tenant's policies and the same one past them, over the same rows in one run;
//! and what a request pays for being let in.
//!
//! ```text
//! cargo bench --profile dev -p tests --bench walls -- [CHUNKS]
//! ```
//!
//! The product's search function belongs to a role that policies hold. Its copy belongs to a superuser, whom none holds: its text,
//! with all its predicates, is the same, and both are called by the application's role in one connection, question by question, in
//! changing order.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use domain::{ChatbotId, OrganizationId, Scope, SessionId, limits};
use identity::{Session, SessionKey, SessionKeys};
use jiff::Timestamp;
use rand::{SeedableRng as _, rngs::StdRng};
use std::{
    hint::black_box,
    time::{Duration, Instant},
};
use store::{caller, library};
use tests::{Organization, TestDatabase, database, database::DIMENSION, topics, vectors};
use tokio_postgres::{Client, Statement};
use web::Presented;

const CHUNKS: usize = 20_000;
/// Passages of a document.
const OF_A_DOCUMENT: usize = 50;
const QUESTIONS: usize = 60;
/// Of which the first warms up.
const ROUNDS: usize = 6;
const CALLS: usize = 400;

#[tokio::main]
async fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(CHUNKS);
    let database = database().await;
    let admin = database.admin().await.expect("a superuser: unset DATABASE_URL");
    let (acme, other) =
        (Organization::create(&database, "acme").await, Organization::create(&database, "other").await);
    let mut random = StdRng::seed_from_u64(7);
    for (organization, share) in [(&acme, 4), (&other, 1)] {
        fill(organization, count * share / 5, &mut random).await;
    }
    admin.batch_execute("VACUUM ANALYZE").await.expect("analyze");
    unwall(&admin).await;
    searches(&database, &acme, &mut random).await;
    requests(&database, &acme).await;
}

async fn fill(organization: &Organization, count: usize, random: &mut StdRng) {
    for first in (0..count).step_by(OF_A_DOCUMENT) {
        let passages: Vec<String> =
            (0..OF_A_DOCUMENT.min(count - first)).map(|_| topics::passage(random)).collect();
        organization.document("all", &format!("{first}.txt")).saying(passages).stored().await;
    }
}

/// The search function once more, past the policies.
async fn unwall(admin: &Client) {
    let sql = "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'search_chunks' AND pronamespace = 'docent'::regnamespace";
    let text: String = admin.query_one(sql, &[]).await.expect("the search function").get(0);
    assert!(text.contains("SECURITY DEFINER"), "{text}");
    let copy = text.replacen("docent.search_chunks(", "docent.search_unwalled(", 1);
    admin.batch_execute(&copy).await.expect("its copy");
    let whose = "SELECT bool_and(r.rolsuper) FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner WHERE p.proname = 'search_unwalled'";
    assert!(admin.query_one(whose, &[]).await.expect("its owner").get::<_, bool>(0));
}

async fn searches(database: &TestDatabase, acme: &Organization, random: &mut StdRng) {
    let client = database.application().await;
    client.batch_execute(&format!("SET app.organization_id = '{}'", acme.id)).await.expect("a tenant");
    let prepare = async |name: &str| {
        let sql = format!(
            "SELECT chunk_id FROM docent.{name}($1, $2::real[], $3::text[], NULL, '{{}}', 0.7, $4, 10)"
        );
        client.prepare(&sql).await.expect("a statement")
    };
    let (walled, unwalled) = (prepare("search_chunks").await, prepare("search_unwalled").await);
    for (leg, by_vector, by_words) in [("vectors", true, false), ("words", false, true), ("both", true, true)]
    {
        let mut taken = [Vec::new(), Vec::new()];
        let mut ratios = Vec::new();
        for round in 0..ROUNDS {
            for number in 0..QUESTIONS {
                let question = topics::question(random);
                let mut once = [Duration::ZERO; 2];
                let mut found = [Vec::new(), Vec::new()];
                for turn in 0..2 {
                    let which = (turn + number) % 2;
                    let statement = [&walled, &unwalled][which];
                    let begun = Instant::now();
                    found[which] = find(&client, statement, acme, &question, by_vector, by_words).await;
                    once[which] = begun.elapsed();
                }
                assert_eq!(found[0], found[1], "the same is found");
                if round > 0 {
                    ratios.push(once[0].as_secs_f64() / once[1].as_secs_f64());
                    taken[0].push(once[0]);
                    taken[1].push(once[1]);
                }
            }
        }
        ratios.sort_by(f64::total_cmp);
        let [walled, unwalled] = taken.map(Times::of);
        println!(
            "{leg}: with policies {walled}, without {unwalled}; with / without: p50 {:.3}, mean {:.3}, median of pairs {:.3}",
            walled.p50 / unwalled.p50,
            walled.mean / unwalled.mean,
            ratios[ratios.len() / 2]
        );
    }
}

async fn find(
    client: &Client,
    statement: &Statement,
    acme: &Organization,
    question: &str,
    by_vector: bool,
    by_words: bool,
) -> Vec<uuid::Uuid> {
    let vector = by_vector.then(|| vectors::of_text(question, DIMENSION).to_vec());
    let words = if by_words { language::words(question) } else { Vec::new() };
    let candidates = i32::try_from(limits::SEARCH_CANDIDATES).expect("few");
    let rows =
        client.query(statement, &[&acme.space.id.0, &vector, &words, &candidates]).await.expect("search");
    rows.iter().map(|row| row.get(0)).collect()
}

/// The same read, with its caller's check and without; and what comes before the database.
async fn requests(database: &TestDatabase, acme: &Organization) {
    let (caller, database) = (acme.caller(), &database.database);
    let which = library::Which::default();
    let mut taken = [Vec::new(), Vec::new()];
    for number in 0..CALLS {
        for turn in 0..2 {
            let begun = Instant::now();
            if (turn + number) % 2 == 0 {
                let read = async |tx: &store::TenantTx| library::list(tx, "documents", &which, 20).await;
                caller::admitted(database, &caller, Scope::DocumentsRead, read).await.expect("let in");
                taken[0].push(begun.elapsed());
            } else {
                let tx = database.tenant(acme.id).await.expect("a tenant");
                // In one flush, as the other.
                let (_, ()) = futures_util::try_join!(
                    library::list(&tx, "documents", &which, 20),
                    tx.commit_what_may_be_lost()
                )
                .expect("read");
                tx.close();
                taken[1].push(begun.elapsed());
            }
        }
    }
    let mut alone = Vec::new();
    for _ in 0..CALLS {
        let begun = Instant::now();
        caller::check(database, &caller, Scope::DocumentsRead).await.expect("let in");
        alone.push(begun.elapsed());
    }
    let [checked, bare] = taken.map(Times::of);
    println!(
        "a page of documents: for a key {checked}, for nobody {bare}, the check's own {:.2} ms (p50); the check alone {}",
        checked.p50 - bare.p50,
        Times::of(alone)
    );
    let bearer = |token: &str| {
        let mut headers = http::HeaderMap::new();
        headers.insert(http::header::AUTHORIZATION, format!("Bearer {token}").parse().expect("a header"));
        headers
    };
    let headers = bearer(&acme.key.reveal());
    println!(
        "a key read from a header and hashed: {:.1} µs",
        micros(|| {
            let presented = Presented::of(black_box(&headers)).expect("a key");
            if let web::Credential::Key(key) = presented.credential {
                black_box(key.hash());
            }
        })
    );
    let keys = SessionKeys::new(SessionKey::new(&"k".repeat(32)).expect("long enough"));
    let session = Session {
        organization: OrganizationId::generate(),
        chatbot: ChatbotId::generate(),
        session: SessionId::generate(),
        origin: None,
        expires_at: i64::MAX,
    };
    let (token, now) = (keys.issue(&session), Timestamp::now());
    println!(
        "a session's token verified: {:.1} µs",
        micros(|| {
            black_box(keys.verify(black_box(&token), None, now).expect("good"));
        })
    );
}

fn micros(mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    for _ in 0..10_000 {
        work();
    }
    begun.elapsed().as_secs_f64() * 100.0
}

/// Milliseconds.
struct Times {
    p50: f64,
    p95: f64,
    mean: f64,
}

impl Times {
    fn of(mut taken: Vec<Duration>) -> Self {
        taken.sort_unstable();
        let at = |share: usize| taken[(taken.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
        let sum: Duration = taken.iter().sum();
        let count = u32::try_from(taken.len()).expect("few");
        Self { p50: at(50), p95: at(95), mean: (sum / count).as_secs_f64() * 1_000.0 }
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50/p95 {:.2}/{:.2} ms", self.p50, self.p95)
    }
}
