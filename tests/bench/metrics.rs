//! A year of one organization: what a dashboard costs beside the same figures from the messages themselves, and what counting
//! one day anew costs beside refreshing the seed's materialised views.
//!
//! ```text
//! cargo bench --profile dev -p tests --bench metrics -- [SESSIONS]
//! ```
//!
//! 200,000 sessions have about a million messages. All of it is the database's work, so that the profile does not matter.

#![expect(clippy::print_stdout, reason = "a bench tells what it measured")]

use jiff::{ToSpan as _, civil::Date};
use std::time::{Duration, Instant};
use store::metrics::{self, Period};
use tests::{Organization, database};
use tokio_postgres::Client;

const SESSIONS: i32 = 200_000;
const ROUNDS: usize = 5;
const CONVERSATIONS: &str = include_str!("../it/metrics/conversations.sql");
const RECOMPUTED: &str = include_str!("../it/metrics/recomputed.sql");

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let sessions = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(SESSIONS);
    let database = database().await;
    let (owner, admin) = (database.owner().await, database.admin().await.expect("a superuser"));
    owner
        .batch_execute("SELECT docent.ensure_month((now() - make_interval(months => n))::date) FROM generate_series(1, 13) n")
        .await
        .expect("a year's months");
    let acme = Organization::create(&database, "acme").await;
    let second = acme.chatbot_named("Second").await;
    let client = admin;
    client.batch_execute(CONVERSATIONS).await.expect("what makes conversations");
    let begun = Instant::now();
    let sql = "SELECT pg_temp.converse($1, ARRAY[$2, $3]::uuid[], now() - interval '365 days', now() - interval '1 hour', $4)";
    client.execute(sql, &[&acme.id.0, &acme.chatbot.0, &second.0, &sessions]).await.expect("conversations");
    for table in ["sessions", "messages"] {
        client.batch_execute(&format!("VACUUM ANALYZE docent.{table}")).await.expect("statistics");
    }
    let messages: i64 = count(&client, "SELECT count(*) FROM docent.messages").await;
    println!("{sessions} sessions, {messages} messages, made in {:.0} s", begun.elapsed().as_secs_f64());

    let tx = acme.tx().await;
    let days = metrics::dirty_days(&tx, None, 0.0, 1_000).await.expect("days");
    tx.finish().await.expect("commit");
    let begun = Instant::now();
    for day in &days {
        roll_up(&acme, *day).await;
    }
    println!("all {} days counted in {:.1} s", days.len(), begun.elapsed().as_secs_f64());
    for table in ["daily_metrics", "mv_category_daily"] {
        client.batch_execute(&format!("VACUUM ANALYZE docent.{table}")).await.expect("statistics");
    }

    let today = *days.first().expect("a day");
    let period = Period { from: today - 364.days(), to: today };
    dashboards(&client, &acme, period).await;
    refreshes(&client, &acme, today - 100.days()).await;
    turns(&client, &acme).await;
}

/// The executive dashboard of a year, from counted days and from the messages themselves.
async fn dashboards(client: &Client, acme: &Organization, period: Period) {
    client.batch_execute(RECOMPUTED).await.expect("what counts them");
    client
        .execute("INSERT INTO rules VALUES ($1, 'UTC', 1000, 0.5, 0.5)", &[&acme.id.0])
        .await
        .expect("rules");
    let counted = median(async || {
        let tx = acme.tx().await;
        let calendar = metrics::calendar(&tx).await.expect("a calendar");
        futures_util::try_join!(
            metrics::queries(&tx, &calendar),
            metrics::totals(&tx, period, None),
            metrics::days(&tx, period, None),
            metrics::categories(&tx, period, 10),
            metrics::locations(&tx, period, 10),
            metrics::devices(&tx, period, 10),
            tx.commit(),
        )
        .expect("figures");
        tx.close();
    })
    .await;
    // What the same six questions take of sessions and messages, once each.
    let raw = median(async || {
        for sql in [
            "SELECT count(*) FILTER (WHERE started_at >= $2::date), count(*) FILTER (WHERE started_at >= date_trunc('month', $2::date))
               FROM docent.sessions WHERE message_count > 0 AND started_at >= $1::date",
            "SELECT pg_temp.figures($1, $2, NULL)",
            "SELECT day, count(*), avg(quality) FROM served WHERE day BETWEEN $1 AND $2 GROUP BY day",
            "SELECT category, count(*) FROM docent.sessions WHERE message_count > 0 AND started_at >= $1::date AND started_at < $2::date + 1
              GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
            "SELECT location ->> 'country', location ->> 'region', count(*) FROM docent.sessions
              WHERE message_count > 0 AND started_at >= $1::date AND started_at < $2::date + 1 GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 10",
            "SELECT device_type, count(*) FROM docent.sessions WHERE message_count > 0 AND started_at >= $1::date AND started_at < $2::date + 1
              GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
        ] {
            client.query(sql, &[&period.from, &period.to]).await.expect("figures");
        }
    })
    .await;
    tell("dashboard of a year", counted, "raw aggregation", raw);
}

/// One day anew, beside the views of the seed refreshed.
async fn refreshes(client: &Client, acme: &Organization, day: Date) {
    client
        .batch_execute(
            "CREATE MATERIALIZED VIEW public.mv_sessions_daily AS
             SELECT date_trunc('day', started_at)::date AS day, category, status, count(*) AS sessions_count,
                    avg(avg_llm_latency_ms) AS avg_llm_latency, avg(qoe_score) AS avg_qoe
               FROM docent.sessions GROUP BY 1, 2, 3;
             CREATE MATERIALIZED VIEW public.daily_metrics AS
             SELECT s.chatbot_id, date_trunc('day', m.created_at)::date AS day, count(*) AS messages, sum(m.total_tokens) AS tokens,
                    sum(m.cost) AS cost, avg(m.processing_time_ms) AS response_time, avg((NOT m.error)::integer) AS successful
               FROM docent.messages m JOIN docent.sessions s ON s.id = m.session_id GROUP BY 1, 2",
        )
        .await
        .expect("views");
    let whole = median(async || {
        let refresh = "REFRESH MATERIALIZED VIEW public.mv_sessions_daily; REFRESH MATERIALIZED VIEW public.daily_metrics";
        client.batch_execute(refresh).await.expect("refresh");
    })
    .await;
    let one = median(async || roll_up(acme, day).await).await;
    tell("one day counted anew", one, "refresh of materialised views", whole);
}

/// A message written as a turn writes it, with and without the marks.
async fn turns(client: &Client, acme: &Organization) {
    let session = acme.session().await;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    // By turns, so that both have the same weather.
    for _ in 0..10 {
        for (switch, taken) in [("ENABLE", &mut with), ("DISABLE", &mut without)] {
            let switch = format!(
                "ALTER TABLE docent.sessions {switch} TRIGGER mark_updated; ALTER TABLE docent.messages {switch} TRIGGER mark_inserted"
            );
            client.batch_execute(&switch).await.expect("triggers");
            for _ in 0..50 {
                let begun = Instant::now();
                let tx = acme.tx().await;
                let id = domain::MessageId::generate();
                store::messages::append_user(&tx, session, id, "hello", &[]).await.expect("a message");
                tx.finish().await.expect("commit");
                taken.push(begun.elapsed());
            }
        }
    }
    with.sort();
    without.sort();
    tell("a message with its marks", with[with.len() / 2], "without", without[without.len() / 2]);
}

async fn roll_up(acme: &Organization, day: Date) {
    let tx = acme.tx().await;
    metrics::roll_up(&tx, day).await.expect("count a day");
    tx.finish().await.expect("commit");
}

async fn count(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.expect("a count").get(0)
}

async fn median(run: impl AsyncFn()) -> Duration {
    let mut taken = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        run().await;
        taken.push(begun.elapsed());
    }
    taken.sort();
    taken[ROUNDS / 2]
}

fn tell(what: &str, ours: Duration, other: &str, theirs: Duration) {
    let (ours, theirs) = (ours.as_secs_f64() * 1e3, theirs.as_secs_f64() * 1e3);
    println!("{what} {ours:.2} ms, {other} {theirs:.2} ms: {:.4} of it", ours / theirs);
}
