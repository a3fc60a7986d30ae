//! Days are counted once, whatever happens while they are: twice, by several at once, killed in the middle, written to.

use super::{CONVERSATIONS, json};
use jiff::civil::Date;
use metrics::Metrics;
use serde_json::Value;
use std::time::Duration;
use store::{
    metric_parts::{Audience, Dimension},
    metrics as figures,
};
use tests::{
    Organization, TestDatabase, database,
    faults::{self, Cut},
};
use tokio_postgres::Client;

/// A connection of the application inside an organization, with what makes conversations.
pub async fn inside(database: &TestDatabase, organization: &Organization) -> Client {
    let client = database.application().await;
    client.batch_execute(&format!("SET app.organization_id = '{}'", organization.id)).await.unwrap();
    client.batch_execute(CONVERSATIONS).await.unwrap();
    client
}

pub fn metrics(database: &TestDatabase) -> Metrics {
    Metrics { database: database.database.clone(), reading: database.database.clone() }
}

async fn converse(client: &Client, organization: &Organization, sessions: i32) {
    let sql = "SELECT pg_temp.converse($1, ARRAY[$2::uuid], now() - interval '6 days', now() - interval '1 hour', $3)";
    client.execute(sql, &[&organization.id.0, &organization.chatbot.0, &sessions]).await.unwrap();
}

/// What stands behind the answers of those conversations.
async fn search_and_hand_over(client: &Client, organization: &Organization) {
    let sql = "SELECT pg_temp.search_and_hand_over($1)";
    client.execute(sql, &[&organization.id.0]).await.unwrap();
}

/// All that was counted, without when.
pub async fn counted(client: &Client) -> Value {
    let sql = "SELECT jsonb_build_object(
        'days', (SELECT jsonb_agg(to_jsonb(d) - 'id' - 'created_at' ORDER BY d.metric_date, d.chatbot_id) FROM docent.daily_metrics d),
        'sessions', (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.day, s.category, s.status) FROM docent.mv_sessions_daily s),
        'categories', (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.day, c.category) FROM docent.mv_category_daily c),
        'persons', (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.day, p.person) FROM docent.person_daily p),
        'versions', (SELECT jsonb_agg(to_jsonb(v) ORDER BY v.day, v.config_version_id) FROM docent.version_daily v),
        'side_costs', (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.day, c.purpose, c.chatbot_id) FROM docent.side_costs_daily c),
        'searches', (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.day, r.chatbot_id) FROM docent.retrieval_daily r),
        'tickets', (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.day, e.chatbot_id, e.status, e.priority) FROM docent.escalation_daily e),
        'audience', (SELECT jsonb_agg(to_jsonb(a) ORDER BY a.day, a.chatbot_id, a.platform, a.device_type, a.country, a.region, a.category)
                       FROM docent.audience_daily a))";
    json(client, sql, &[]).await
}

async fn dirty(client: &Client) -> Vec<Date> {
    let rows = client.query("SELECT DISTINCT day FROM docent.metric_days ORDER BY day", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn roll_up(organization: &Organization, day: Date) {
    let tx = organization.tx().await;
    assert!(figures::roll_up(&tx, day).await.unwrap());
    tx.finish().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twice_at_once_or_killed_a_day_is_counted_the_same() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let client = inside(&database, &acme).await;
    converse(&client, &acme, 300).await;
    search_and_hand_over(&client, &acme).await;
    let days = dirty(&client).await;
    assert!(days.len() >= 6, "{days:?}");

    // A young mark waits: not every message of a busy day has it counted anew.
    let tx = acme.tx().await;
    let young = figures::dirty_days(&tx, None, 600.0, 100).await.unwrap();
    let all = figures::dirty_days(&tx, None, 0.0, 100).await.unwrap();
    let newest = figures::dirty_days(&tx, None, 0.0, 2).await.unwrap();
    drop(tx);
    assert_eq!((young.len(), all.len()), (0, days.len()));
    assert_eq!(newest, [days[days.len() - 1], days[days.len() - 2]]);

    // Broken off before it is committed, it has not happened: nothing is counted, and the day is still to be.
    for day in &days {
        let tx = acme.tx().await;
        figures::roll_up(&tx, *day).await.unwrap();
        drop(tx);
    }
    assert_eq!((counted(&client).await["days"].clone(), dirty(&client).await), (Value::Null, days.clone()));

    let all = async || {
        for day in &days {
            roll_up(&acme, *day).await;
        }
    };
    all().await;
    let once = counted(&client).await;
    assert_eq!(once["days"].as_array().map(Vec::len), Some(days.len()));
    for beside in ["searches", "tickets", "audience"] {
        assert!(once[beside].as_array().map(Vec::len) >= Some(days.len()), "{beside}: {once}");
    }
    assert_eq!(dirty(&client).await, []);
    all().await;
    assert_eq!(counted(&client).await, once, "twice");
    tokio::join!(all(), all(), all(), all());
    assert_eq!(counted(&client).await, once, "four at once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_at_any_moment_leaves_nothing_half() {
    let database = database().await;
    let Some(admin) = database.admin().await else { return };
    let acme = Organization::create(&database, "acme").await;
    let client = inside(&database, &acme).await;
    converse(&client, &acme, 300).await;
    let mut killed_in_the_middle = 0;
    // Later and later after its beginning, until it gets through before it is killed.
    for step in 1_u64.. {
        assert!(step < 200, "no run gets through");
        let again = "INSERT INTO docent.metric_days (organization_id, day, mark)
                     SELECT DISTINCT organization_id, (started_at AT TIME ZONE 'UTC')::date, '1'::xid8 FROM docent.sessions
                     ON CONFLICT DO NOTHING";
        client.execute(again, &[]).await.unwrap();
        // With connections of its own: a killed one is nobody else's.
        let own = store::Database::new(&database.application_url).unwrap();
        let worker = Metrics { database: own.clone(), reading: own };
        let kill = async {
            tokio::time::sleep(Duration::from_millis(step * 8)).await;
            let kill = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                         WHERE datname = current_database() AND application_name = 'docent' AND state <> 'idle'";
            admin.query_one(kill, &[]).await.unwrap().get::<_, i64>(0)
        };
        let (report, killed) = tokio::join!(worker.daily_of("acme"), kill);
        let got_through = matches!(&report, Ok(Some(report)) if report.failed == 0);
        if got_through && killed == 0 && killed_in_the_middle > 0 {
            break;
        }
        killed_in_the_middle += killed;
        // A day is counted whole or not at all: what is counted is what it would be if it were counted now.
        let (so_far, left) = (counted(&client).await, dirty(&client).await);
        for row in client.query("SELECT DISTINCT metric_date FROM docent.daily_metrics", &[]).await.unwrap() {
            let day = row.get(0);
            if !left.contains(&day) {
                roll_up(&acme, day).await;
            }
        }
        assert_eq!(counted(&client).await, so_far, "after {} ms", step * 8);
    }
    assert!(killed_in_the_middle > 0, "somebody was killed");
    let after = counted(&client).await;
    for row in client.query("SELECT DISTINCT metric_date FROM docent.daily_metrics", &[]).await.unwrap() {
        roll_up(&acme, row.get(0)).await;
    }
    assert_eq!(counted(&client).await, after);
}

/// The same with no luck in it: the connection breaks at the first statement of a run, at the second, and so on, before the server
/// hears of it and after; another run of the same days goes on beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_breaks_at_any_statement_is_made_good_by_the_next() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let client = inside(&database, &acme).await;
    converse(&client, &acme, 40).await;
    search_and_hand_over(&client, &acme).await;
    // What was counted, and what sessions that are over keep of it.
    let found = async || {
        let qualities = "SELECT jsonb_object_agg(id, qoe_score) FROM docent.sessions";
        (counted(&client).await, json(&client, qualities, &[]).await, dirty(&client).await)
    };
    let anew = async || {
        let sql = "DELETE FROM docent.daily_metrics; DELETE FROM docent.mv_sessions_daily; DELETE FROM docent.mv_category_daily;
                   DELETE FROM docent.person_daily; DELETE FROM docent.retrieval_daily; DELETE FROM docent.escalation_daily;
                   DELETE FROM docent.audience_daily; DELETE FROM docent.metric_days;
                   UPDATE docent.sessions SET qoe_score = NULL;
                   INSERT INTO docent.metric_days (organization_id, day, mark)
                   SELECT DISTINCT m.organization_id, (i.instant AT TIME ZONE 'UTC')::date, '1'::xid8
                     FROM docent.messages m JOIN docent.sessions s ON s.id = m.session_id
                    CROSS JOIN LATERAL (VALUES (m.created_at), (s.started_at)) i (instant)
                   UNION SELECT e.organization_id, (e.created_at AT TIME ZONE 'UTC')::date, '1'::xid8 FROM docent.escalations e
                   ON CONFLICT DO NOTHING";
        client.batch_execute(sql).await.unwrap();
    };
    let undisturbed = metrics(&database);
    undisturbed.daily_of("acme").await.unwrap();
    let expected = found().await;
    assert!(expected.0["days"].is_array() && expected.2.is_empty(), "{expected:?}");

    let mut url = url::Url::parse(&database.application_url).unwrap();
    let server = format!("{}:{}", url.host_str().unwrap_or("127.0.0.1"), url.port().unwrap_or(5432));
    let proxy = faults::Postgres::before(server.parse().unwrap()).await;
    url.set_host(Some(&proxy.address.ip().to_string())).unwrap();
    url.set_port(Some(proxy.address.port())).unwrap();
    let mut statements = 0;
    'kinds: for kind in [Cut::Before, Cut::After] {
        for skip in 0.. {
            assert!(skip < 400, "no run gets through");
            anew().await;
            // Connections of its own: what broke is nobody else's.
            let own = store::Database::new(url.as_str()).unwrap();
            proxy.harm(skip, 1, kind);
            let worker = Metrics { database: own.clone(), reading: own };
            let broken = worker.daily_of("acme");
            // In parallel every third time, for the same days.
            if skip % 3 == 0 {
                let (_, beside) = tokio::join!(broken, undisturbed.daily_of("acme"));
                assert_eq!(beside.unwrap().unwrap().failed, 0);
            } else {
                let _ = broken.await;
            }
            if proxy.heal() == 0 {
                statements = statements.max(skip);
                continue 'kinds;
            }
            let report = undisturbed.daily_of("acme").await.unwrap().unwrap();
            assert_eq!(report.failed, 0, "{kind:?} at {skip}: {report:?}");
            assert_eq!(found().await, expected, "{kind:?} at statement {skip}");
        }
    }
    // What is sent together counts once, and a fast machine sends more together.
    assert!(statements >= 20, "a run is many statements: {statements}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_while_a_day_is_counted_is_counted_next_time() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let (client, writer) = (inside(&database, &acme).await, inside(&database, &acme).await);
    converse(&client, &acme, 30).await;
    for day in dirty(&client).await {
        roll_up(&acme, day).await;
    }
    let messages = "SELECT coalesce(sum(total_messages), 0) FROM docent.daily_metrics";
    let sum = async || client.query_one(messages, &[]).await.unwrap().get::<_, i64>(0);
    let before = sum().await;
    let write = "INSERT INTO docent.messages (id, organization_id, session_id, sequence_number, role, content)
                 SELECT pg_temp.id_at(now()), organization_id, id, next_sequence, 'user', 'late' FROM docent.sessions LIMIT 1";
    let today: Date = client.query_one("SELECT (now() AT TIME ZONE 'UTC')::date", &[]).await.unwrap().get(0);

    // Written before the count begins, committed when it is over.
    writer.batch_execute(&format!("BEGIN; {write}")).await.unwrap();
    roll_up(&acme, today).await;
    writer.batch_execute("COMMIT").await.unwrap();
    assert_eq!(sum().await, before);
    assert!(dirty(&client).await.contains(&today), "its mark stays");

    // Written and committed between the count's beginning and its end: writers do not wait for it.
    let tx = acme.tx().await;
    figures::roll_up(&tx, today).await.unwrap();
    let written = tokio::time::timeout(Duration::from_secs(10), writer.batch_execute(write)).await;
    written.expect("a writer waits for nobody").unwrap();
    tx.finish().await.unwrap();
    assert_eq!(sum().await, before + 1);
    assert!(dirty(&client).await.contains(&today), "its mark stays");
    roll_up(&acme, today).await;
    assert_eq!(sum().await, before + 2);
    assert!(!dirty(&client).await.contains(&today));
}

#[tokio::test]
async fn another_time_zone_or_measure_counts_everything_anew() {
    let database = database().await;
    let (acme, globex) =
        (Organization::create(&database, "acme").await, Organization::create(&database, "globex").await);
    let (client, others) = (inside(&database, &acme).await, inside(&database, &globex).await);
    converse(&client, &acme, 60).await;
    converse(&others, &globex, 20).await;
    let work = async |slug: &str| metrics(&database).daily_of(slug).await.unwrap().unwrap();
    work("acme").await;
    work("globex").await;
    let (utc, foreign) = (counted(&client).await, counted(&others).await);
    let total = |counted: &Value, name: &str| -> f64 {
        counted["days"].as_array().unwrap().iter().filter_map(|day| day[name].as_f64()).sum()
    };
    for settings in [
        r#"{"time_zone": "Pacific/Auckland"}"#,
        r#"{"time_zone": "Pacific/Auckland", "sla_ms": 400}"#,
        r#"{"time_zone": "Pacific/Auckland", "sla_ms": 400, "qoe_weights": {"technical": 1, "interaction": 0}}"#,
    ] {
        let settings: Value = serde_json::from_str(settings).unwrap();
        let before = counted(&client).await;
        client.execute("UPDATE docent.organizations SET settings = $1", &[&settings]).await.unwrap();
        assert!(work("acme").await.days >= 6, "{settings}");
        let now = counted(&client).await;
        assert_ne!(now, before, "{settings}");
        for name in ["total_sessions", "total_messages", "total_tokens_used"] {
            assert_eq!(total(&now, name), total(&utc, name), "{settings}: {name} is what it was");
        }
    }
    // What is no time zone is none, and what does not count does not count anew.
    let before = counted(&client).await;
    let settings = serde_json::json!({ "time_zone": "Nowhere/Land" });
    client.execute("UPDATE docent.organizations SET settings = $1", &[&settings]).await.unwrap();
    work("acme").await;
    assert_eq!(counted(&client).await, utc);
    assert_ne!(before, utc);
    client.batch_execute("UPDATE docent.organizations SET settings = settings || '{\"locale\": \"mi\"}'; UPDATE docent.sessions SET title = 'x', tags = '{a}'").await.unwrap();
    assert_eq!(work("acme").await.days, 0);
    assert_eq!(counted(&others).await, foreign, "another organization's days are its own");
}

#[tokio::test]
async fn a_chatbot_takes_its_figures_along_and_its_days_are_counted_anew() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let client = inside(&database, &acme).await;
    converse(&client, &acme, 40).await;
    search_and_hand_over(&client, &acme).await;
    for sql in [
        "UPDATE docent.messages SET config_version_id = (SELECT id FROM docent.config_versions LIMIT 1) WHERE role = 'assistant'",
        "INSERT INTO docent.side_costs (organization_id, purpose, chatbot_id, model, tokens, cost)
         SELECT organization_id, 'readings', id, 'small', 7, 0.000000321 FROM docent.chatbots",
    ] {
        assert!(client.execute(sql, &[]).await.unwrap() > 0, "{sql}");
    }
    let metrics = metrics(&database);
    metrics.daily_of("acme").await.unwrap();
    let there = counted(&client).await;
    assert!(there.as_object().unwrap().values().all(Value::is_array), "{there}");
    assert_eq!(client.execute("DELETE FROM docent.chatbots", &[]).await.unwrap(), 1);
    let report = metrics.daily_of("acme").await.unwrap().unwrap();
    assert!(report.failed == 0 && report.days >= 6, "{report:?}");
    // What was paid for it stays.
    assert_eq!(
        counted(&client).await,
        serde_json::json!({ "days": null, "sessions": null, "categories": null, "persons": null, "versions": null,
                            "side_costs": there["side_costs"], "searches": null, "tickets": null, "audience": null })
    );
    // The operator deletes a whole organization, and nothing is in the way.
    let owner = database.owner().await;
    owner.batch_execute(&format!("SET app.organization_id = '{}'", acme.id)).await.unwrap();
    assert_eq!(owner.execute("DELETE FROM docent.organizations", &[]).await.unwrap(), 1);
}

#[tokio::test]
async fn figures_are_read_where_they_are_to_be_read() {
    let (database, replica) = (database().await, database().await);
    let acme = Organization::create(&database, "acme").await;
    let client = inside(&database, &acme).await;
    converse(&client, &acme, 40).await;
    metrics(&database).daily_of("acme").await.unwrap();
    // A replica that has not heard of anything yet: keys are checked where they are kept, figures are read here.
    let behind = Metrics { database: database.database.clone(), reading: replica.database.clone() };
    let asked = metrics::period::Asked::default();
    assert_eq!(behind.executive(&acme.caller(), asked).await.unwrap().totals.sessions, 0);
    let here = metrics(&database).executive(&acme.caller(), asked).await.unwrap();
    assert_eq!((here.totals.sessions, here.queries.fiscal_year), (40, 40));
}

#[tokio::test]
async fn a_file_has_an_edge() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let client = inside(&database, &acme).await;
    converse(&client, &acme, 1).await;
    let metrics = metrics(&database);
    metrics.daily_of("acme").await.unwrap();
    for number in 1..=27 {
        acme.chatbot_named(&format!("Bot {number}")).await;
    }
    let rows = "INSERT INTO docent.daily_metrics
                SELECT r.*
                  FROM (SELECT * FROM docent.daily_metrics ORDER BY metric_date DESC LIMIT 1) d
                 CROSS JOIN docent.chatbots c CROSS JOIN generate_series(1, 715) n
                 CROSS JOIN LATERAL jsonb_populate_record(NULL::docent.daily_metrics, to_jsonb(d) || jsonb_build_object(
                        'id', gen_random_uuid(), 'metric_date', (now() AT TIME ZONE 'UTC')::date - 8 - n, 'chatbot_id', c.id)) r
                 ORDER BY n LIMIT $1";
    let there = "SELECT count(*) FROM docent.daily_metrics";
    let there: i64 = client.query_one(there, &[]).await.unwrap().get(0);
    let most = domain::limits::EXPORT_ROWS - there;
    client.execute(rows, &[&most]).await.unwrap();
    let today: Date = client.query_one("SELECT (now() AT TIME ZONE 'UTC')::date", &[]).await.unwrap().get(0);
    let from = Some(today - jiff::ToSpan::days(domain::limits::DASHBOARD_DAYS - 1));
    let asked = metrics::period::Asked { from, to: None };
    let file = metrics.export(&acme.caller(), asked).await.unwrap();
    let lines = file.csv.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(i64::try_from(lines).unwrap(), domain::limits::EXPORT_ROWS + 1, "with its head");
    assert!(file.csv.len() < 4_500_000, "{} bytes are less than a function may answer", file.csv.len());
    let sql = rows.replace("- 8 - n", "- 8");
    assert_eq!(client.execute(&sql, &[&1_i64]).await.unwrap(), 1);
    let refused = metrics.export(&acme.caller(), asked).await;
    assert!(matches!(&refused, Err(metrics::Refusal::Invalid { pointer: "?from", .. })), "{refused:?}");
}

#[tokio::test]
async fn a_drill_down_has_an_edge() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let client = inside(&database, &acme).await;
    let most = domain::limits::DASHBOARD_PARTS;
    // One place more than is shown, the last of them rarer than the others; and one with a name that no index would hold.
    let open = "INSERT INTO docent.sessions (id, organization_id, chatbot_id, message_count, location)
                SELECT gen_random_uuid(), $1, $2, 2, jsonb_build_object('country',
                           CASE WHEN n = 2 THEN (SELECT string_agg(md5(i::text), '') FROM generate_series(1, 300) i) ELSE 'place ' || n END)
                  FROM generate_series(1::bigint, $3::bigint) n
                 CROSS JOIN LATERAL generate_series(1, CASE WHEN n = $3 THEN 1 ELSE 2 END) twice";
    client.execute(open, &[&acme.id.0, &acme.chatbot.0, &(most + 1)]).await.unwrap();
    let metrics = metrics(&database);
    assert_eq!(metrics.daily_of("acme").await.unwrap().unwrap().failed, 0);
    let (caller, asked) = (acme.caller(), metrics::period::Asked::default());
    let all = Audience::default();
    let found = metrics.drill_down(&caller, asked, Dimension::Country, &all).await.unwrap();
    assert_eq!((found.sessions, i64::try_from(found.parts.len()).unwrap()), (2 * most + 1, most));
    assert!(found.parts.iter().all(|part| part.sessions == 2), "the rarest is not shown: {found:?}");
    let rarest = format!("place {}", most + 1);
    let rarest = Audience { country: Some(rarest.as_str()), ..all };
    let found = metrics.drill_down(&caller, asked, Dimension::Device, &rarest).await.unwrap();
    assert_eq!((found.sessions, found.parts.len()), (1, 1));
    assert_eq!((found.parts[0].value.as_str(), found.parts[0].nps), ("unknown", None));
}

/// A ticket has its own day counted anew, and no message need come with it.
#[tokio::test]
async fn a_ticket_has_its_day_counted() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let client = inside(&database, &acme).await;
    let session = acme.session().await;
    let metrics = metrics(&database);
    metrics.daily_of("acme").await.unwrap();
    let change = async |sql: &str| {
        client.execute(sql, &[&session.0]).await.unwrap();
        let days = metrics.daily_of("acme").await.unwrap().unwrap().days;
        let tickets = counted(&client).await["tickets"].clone();
        let of = |ticket: &Value| {
            serde_json::json!([ticket["status"], ticket["tickets"], ticket["resolution_sum"].as_f64()])
        };
        (days, tickets.as_array().map(|tickets| tickets.iter().map(of).collect::<Vec<_>>()))
    };
    let open = "INSERT INTO docent.escalations (id, organization_id, session_id, chatbot_id, opened_by_kind, reason, created_at)
                SELECT gen_random_uuid(), s.organization_id, s.id, s.chatbot_id, 'rule', 'risk', now() - interval '3 days'
                  FROM docent.sessions s WHERE s.id = $1";
    let one = |status: &str, seconds: f64| vec![serde_json::json!([status, 1, seconds])];
    assert_eq!(change(open).await, (1, Some(one("open", 0.0))));
    // What nobody counts has nothing counted.
    let summary = "UPDATE docent.escalations SET summary = 'x' WHERE session_id = $1";
    assert_eq!(change(summary).await, (0, Some(one("open", 0.0))));
    let resolve = "UPDATE docent.escalations SET status = 'resolved', resolved_at = created_at + interval '90.5 seconds' WHERE session_id = $1";
    assert_eq!(change(resolve).await, (1, Some(one("resolved", 90.5))));
    let cancel = "UPDATE docent.escalations SET status = 'cancelled' WHERE session_id = $1";
    assert_eq!(change(cancel).await, (1, Some(one("cancelled", 0.0))));
    assert_eq!(change("DELETE FROM docent.escalations WHERE session_id = $1").await, (1, None));
}

#[tokio::test]
async fn one_day_can_be_counted_anew_at_any_time() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let client = inside(&database, &acme).await;
    converse(&client, &acme, 60).await;
    let metrics = metrics(&database);
    metrics.daily_of("acme").await.unwrap();
    let right = counted(&client).await;
    let day: Date =
        client.query_one("SELECT min(metric_date) FROM docent.daily_metrics", &[]).await.unwrap().get(0);
    client.execute("DELETE FROM docent.daily_metrics WHERE metric_date = $1", &[&day]).await.unwrap();
    assert_ne!(counted(&client).await, right);
    assert_eq!(metrics.recount("acme", day).await.unwrap(), Some(true));
    assert_eq!(counted(&client).await, right);
    assert_eq!(metrics.recount("nobody", day).await.unwrap(), None);
    assert_eq!(metrics.daily_of("nobody").await.unwrap(), None);
}
