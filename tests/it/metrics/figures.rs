//! A month of two organizations in two time zones through the real stack: every figure of every dashboard beside its
//! recomputation from sessions and messages.

use super::{CONVERSATIONS, RECOMPUTED, assert_same, json};
use crate::stack::support::{Shared, stack};
use domain::limits;
use http::{Method, StatusCode};
use jiff::{ToSpan as _, civil::Date};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::database::connect;
use tokio_postgres::Client;
use uuid::Uuid;

/// An organization with a month behind it, or a year.
pub struct Month<'a> {
    shared: &'a Shared,
    key: String,
    slug: String,
    pub organization: Uuid,
    pub chatbots: Vec<Uuid>,
    /// As a superuser, with the recomputation at hand: what the application's role owned would be a hole in its walls.
    pub client: Client,
    pub from: Date,
    pub today: Date,
    zone: &'static str,
}

const SESSIONS: i32 = 700;

async fn month<'a>(shared: &'a Shared, slug: &str, zone: &'static str) -> Month<'a> {
    let month = Month::empty(shared, slug, zone, 34).await;
    month.converse(SESSIONS).await;
    month.know_some().await;
    month
}

impl<'a> Month<'a> {
    /// An organization with two chatbots and settings of its own, of which so many days are looked at.
    pub async fn empty(shared: &'a Shared, slug: &str, zone: &'static str, days: i32) -> Month<'a> {
        let made = shared.organization(slug).await;
        let id = |value: &Value| value.as_str().expect("an id").parse::<Uuid>().expect("an id");
        let key = made["api_key"].as_str().expect("a key").to_owned();
        let (status, second) = shared
            .call(&key, Method::POST, "/api/v1/chatbots", json!({ "name": "Second" }).to_string())
            .await;
        assert_eq!(status, StatusCode::CREATED, "{second}");
        let (organization, chatbots) =
            (id(&made["organization_id"]), vec![id(&made["chatbot_id"]), id(&second["id"])]);
        let client = connect(shared.stack.urls.admin.as_deref().expect("the stack's own server")).await;
        // What a foreign key deletes along is deleted as the owner, who is behind the wall.
        client.batch_execute(&format!("SET app.organization_id = '{organization}'")).await.expect("inside");
        let settings = json!({ "time_zone": zone, "fiscal_year_start_month": 4, "sla_ms": 1200, "session_expiry_hours": 8_760,
                           "qoe_weights": { "technical": 0.6, "interaction": 0.4 } });
        client
            .execute(
                "UPDATE docent.organizations SET settings = $1 WHERE id = $2",
                &[&settings, &organization],
            )
            .await
            .expect("settings");
        client.batch_execute(CONVERSATIONS).await.expect("what makes conversations");
        client.batch_execute(RECOMPUTED).await.expect("what counts them");
        client
            .execute("INSERT INTO rules VALUES ($1, $2, 1200, 0.6, 0.4)", &[&organization, &zone])
            .await
            .expect("rules");
        let today = "SELECT (now() AT TIME ZONE $1)::date";
        let today: Date = client.query_one(today, &[&zone]).await.expect("a day").get(0);
        Month {
            shared,
            key,
            slug: slug.into(),
            organization,
            chatbots,
            client,
            from: today - days.days(),
            today,
            zone,
        }
    }
}

impl Month<'_> {
    async fn converse(&self, sessions: i32) {
        let sql =
            "SELECT pg_temp.converse($1, $2, now() - interval '34 days', now() - interval '5 minutes', $3)";
        // In one transaction, as answers are kept: whoever counts in between would count answers without their searches.
        self.client.batch_execute("BEGIN").await.expect("a transaction");
        self.client
            .execute(sql, &[&self.organization, &self.chatbots, &sessions])
            .await
            .expect("conversations");
        self.search_and_hand_over().await;
        self.client.batch_execute("COMMIT").await.expect("conversations with what stands behind them");
    }

    /// What stands behind answers that nothing stands behind yet.
    pub async fn search_and_hand_over(&self) {
        let sql = "SELECT pg_temp.search_and_hand_over($1)";
        self.client.execute(sql, &[&self.organization]).await.expect("searches and tickets");
    }

    /// Some of those who asked are a user of the organization, and what they wanted is known.
    pub async fn know_some(&self) {
        let sql = "WITH ann AS (INSERT INTO docent.users (id, organization_id, external_id, display_name, role)
                                VALUES (gen_random_uuid(), $1, 'ann', 'Ann', 'member') RETURNING id),
                        her AS (SELECT id FROM docent.sessions WHERE organization_id = $1 ORDER BY id LIMIT 40)
                   UPDATE docent.sessions s SET intent = (ARRAY['Refund', 'Invoice', NULL])[1 + s.next_sequence / 2 % 3],
                          user_id = (SELECT ann.id FROM ann, her WHERE her.id = s.id)
                    WHERE s.organization_id = $1";
        self.client.execute(sql, &[&self.organization]).await.expect("somebody known");
        // Some answers are known to be of a version, and some of them liked or not; models did more than answer.
        for sql in [
            "UPDATE docent.messages m SET config_version_id = c.active_config_version_id
               FROM docent.sessions s JOIN docent.chatbots c ON c.id = s.chatbot_id
              WHERE s.id = m.session_id
                AND m.id IN (SELECT id FROM docent.messages WHERE organization_id = $1 AND role = 'assistant'
                              ORDER BY random() LIMIT 5000)",
            "INSERT INTO docent.message_feedback (id, organization_id, message_id, session_id, chatbot_id, caller_kind, caller_id, rating)
             SELECT gen_random_uuid(), m.organization_id, m.id, m.session_id, s.chatbot_id, 'key', gen_random_uuid(),
                    CASE WHEN random() < 0.6 THEN 'positive' ELSE 'negative' END
               FROM (SELECT * FROM docent.messages WHERE organization_id = $1 AND config_version_id IS NOT NULL LIMIT 300) m
               JOIN docent.sessions s ON s.id = m.session_id
              CROSS JOIN generate_series(1, 2)",
            "INSERT INTO docent.side_costs (organization_id, purpose, chatbot_id, model, tokens, cost, created_at)
             SELECT $1, p.purpose, CASE WHEN p.is_of_a_bot THEN c.id END, 'small', 10 + n,
                    CASE WHEN random() < 0.9 THEN (0.000000321 * (n + 1))::numeric(18, 9) END,
                    now() - make_interval(days => n, mins => 1)
               FROM generate_series(0, 33) n
              CROSS JOIN (VALUES ('names', true), ('readings', true), ('replays', true), ('analyses', true), ('ingestion', false),
                                 ('reembedding', false)) p (purpose, is_of_a_bot)
               JOIN docent.chatbots c ON c.organization_id = $1
              WHERE random() < 0.8",
        ] {
            let written = self.client.execute(sql, &[&self.organization]).await;
            assert!(written.unwrap_or_else(|error| panic!("{sql}: {error:?}")) > 100, "{sql}");
        }
    }

    /// Other tests have the daily work done for everybody: what it would change is changed when it is time for it.
    pub async fn expire_after(&self, hours: i32) {
        let sql = "UPDATE docent.organizations SET settings = settings || jsonb_build_object('session_expiry_hours', $2::integer)
                    WHERE id = $1";
        self.client.execute(sql, &[&self.organization, &hours]).await.expect("settings");
    }

    pub async fn daily(&self) -> Value {
        let wish = json!({ "action": "daily", "organization": self.slug });
        self.shared.stack.invoke("aggregate", &wish).await.expect("the daily work")
    }

    /// Lets time pass since something was written: who looks then has it counted.
    pub async fn later(&self) {
        let sql = "INSERT INTO docent.metric_days (organization_id, day, mark, dirty_since)
                   SELECT DISTINCT organization_id, day, '1'::xid8, now() - interval '1 hour' FROM docent.metric_days
                    WHERE organization_id = $1 ON CONFLICT DO NOTHING";
        self.client.execute(sql, &[&self.organization]).await.expect("marks");
    }

    pub async fn read(&self, path: &str) -> Value {
        let (status, answer) =
            self.shared.call(&self.key, Method::GET, &format!("/api/v1/dashboards/{path}"), "").await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
        answer
    }

    async fn figures(&self, from: Date, to: Date, chatbot: Option<Uuid>) -> Value {
        json(&self.client, "SELECT pg_temp.figures($1, $2, $3)", &[&from, &to, &chatbot]).await
    }

    async fn latency(&self, from: Date, to: Date, chatbot: Option<Uuid>) -> Value {
        let sql = "SELECT pg_temp.latency($1, $2, $3)";
        Self::told(&json(&self.client, sql, &[&from, &to, &chatbot]).await)
    }

    /// Exact times as dashboards tell them.
    fn told(exact: &Value) -> Value {
        let rounded = |value: &Value| value.as_u64().map(two_digits);
        let exact = exact.as_object().expect("an object").iter();
        exact
            .map(|(name, value)| (name.clone(), json!(rounded(value))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// Has the recomputation look at what there is now.
    async fn look(&self) {
        self.client.execute("SELECT pg_temp.look_once()", &[]).await.expect("what there is");
    }

    /// Every row that is kept between conversations and dashboards is what it would be, counted from conversations alone.
    async fn tables(&self) {
        let tables = json(&self.client, "SELECT pg_temp.tables()", &[]).await;
        for side in ["counted_and_not_said", "said_and_not_counted"] {
            assert_eq!(tables[side], Value::Null, "{side}: {tables}");
        }
        for table in [
            "daily_metrics",
            "mv_sessions_daily",
            "mv_category_daily",
            "person_daily",
            "version_daily",
            "side_costs_daily",
            "retrieval_daily",
            "escalation_daily",
            "audience_daily",
        ] {
            assert!(tables["rows"][table].as_u64() > Some(60), "{table}: {tables}");
        }
    }

    /// Until the dashboards were looked at, days may wait to be counted: the tables are compared behind them.
    pub async fn everything_is_as_it_was_said(&self) {
        self.look().await;
        let (from, today) = (self.from, self.today);
        self.executive(from, today).await;
        self.executive(today - 9.days(), today - 3.days()).await;
        self.compared(today - 13.days(), today).await;
        self.drilled(from, today).await;
        self.technical(from, today).await;
        self.technical(today - 9.days(), today - 3.days()).await;
        self.client_service(from, today).await;
        self.escalations(today - 9.days(), today - 3.days()).await;
        for chatbot in &self.chatbots {
            self.chatbot(*chatbot, from, today).await;
        }
        self.exported(from, today).await;
        self.behind(from, today).await;
        self.behind(today - 9.days(), today - 3.days()).await;
        self.tables().await;
    }

    async fn behind(&self, from: Date, to: Date) {
        let period = json!({ "from": from, "to": to });
        let served = self.read(&format!("persons?from={from}&to={to}")).await;
        assert_eq!(served["period"], period);
        let persons = json(&self.client, "SELECT pg_temp.persons($1, $2)", &[&from, &to]).await;
        assert_same("persons", &served["persons"], &persons);
        let persons = persons.as_array().expect("persons");
        if from == self.from {
            let most = usize::try_from(limits::DASHBOARD_PERSONS).expect("a count");
            assert_eq!(persons.len(), most, "there are more of them");
            assert_eq!(persons[0]["name"], "Ann", "who asks the most costs the most");
        }
        for (query, category) in
            [("&category=Payments", Some("Payments")), ("&category=Nothing", Some("Nothing")), ("", None)]
        {
            let served = self.read(&format!("category?from={from}&to={to}{query}")).await;
            let sql = "SELECT pg_temp.of_category($1, $2, $3)";
            let expected = json(&self.client, sql, &[&from, &to, &category]).await;
            assert_eq!(expected["sessions"] == 0, category == Some("Nothing"), "{expected}");
            assert_same("category", &served, &expected);
        }
        let served = self.read(&format!("client-service/unanswered/clusters?from={from}&to={to}")).await;
        assert_eq!(served["period"], period);
        let mut clusters = served["clusters"].clone();
        for cluster in clusters.as_array_mut().expect("clusters") {
            cluster["last_asked_at"] = seconds(&cluster["last_asked_at"]);
        }
        let count = |number: usize| i32::try_from(number).expect("a few");
        let newest = i32::try_from(limits::UNANSWERED_CLUSTERED).expect("a few");
        let (largest, shown) = (count(limits::DASHBOARD_CLUSTERS), count(limits::CLUSTER_EXAMPLES));
        let sql = "SELECT pg_temp.clusters($1, $2, $3, $4, $5)";
        let expected = json(&self.client, sql, &[&from, &to, &newest, &largest, &shown]).await;
        assert_same("clusters", &clusters, &expected);
        let together: u64 =
            expected.as_array().expect("clusters").iter().filter_map(|one| one["count"].as_u64()).sum();
        assert_eq!(served["questions"], together);
    }

    async fn executive(&self, from: Date, to: Date) {
        let served = self.read(&format!("executive?from={from}&to={to}")).await;
        let sql = "SELECT pg_temp.executive($1, $2, $3, $4, $5)";
        // Now, not when the test began: a day may end meanwhile.
        let calendar = "SELECT d.today, date_trunc('month', d.today::timestamp)::date,
                               make_date(extract(year FROM d.today - interval '3 months')::integer, 4, 1)
                          FROM (SELECT (now() AT TIME ZONE $1)::date AS today) d";
        let row = self.client.query_one(calendar, &[&self.zone]).await.expect("a calendar");
        let (today, month, fiscal): (Date, Date, Date) = (row.get(0), row.get(1), row.get(2));
        let expected = json(&self.client, sql, &[&from, &to, &today, &month, &fiscal]).await;
        assert_same("executive", &served, &expected);
        of_the_seed(&served);
    }

    async fn compared(&self, from: Date, to: Date) {
        let served = self.read(&format!("executive/compare?from={from}&to={to}")).await;
        let days = (to - from).get_days() + 1;
        let (first, last) = (from - i64::from(days).days(), from - 1.day());
        assert_eq!(served["previous_period"], json!({ "from": first, "to": last }));
        let (current, previous) = (self.figures(from, to, None).await, self.figures(first, last, None).await);
        assert_same("current", &served["current"], &current);
        assert_same("previous", &served["previous"], &previous);
        let difference = served["difference"].as_object().expect("figures");
        assert!(difference.keys().eq(current.as_object().expect("figures").keys()), "{served}");
        for (name, found) in difference.iter().filter(|(name, _)| *name != "cost") {
            let (now, then) = (current[name].as_f64(), previous[name].as_f64());
            let expected = now.zip(then).map(|(now, then)| now - then);
            let is_same = match (found.as_f64(), expected) {
                (Some(found), Some(expected)) => (found - expected).abs() < 1e-6,
                (found, expected) => found == expected,
            };
            assert!(is_same, "{name}: {found} is not {expected:?}");
        }
        let sql = "SELECT to_jsonb(($1::text::numeric - $2::text::numeric)::text)";
        let cost = |of: &Value| of["cost"].as_str().expect("money").to_owned();
        let difference = json(&self.client, sql, &[&cost(&current), &cost(&previous)]).await;
        assert_eq!(served["difference"]["cost"], difference);
    }

    async fn technical(&self, from: Date, to: Date) {
        let served = self.read(&format!("technical?from={from}&to={to}")).await;
        assert_same("figures", &served["figures"], &self.figures(from, to, None).await);
        assert_same("latency", &served["latency_ms"], &self.latency(from, to, None).await);
        let models = json(&self.client, "SELECT pg_temp.models($1, $2)", &[&from, &to]).await;
        assert_same("models", &served["models"], &models);
        let chatbots = json(&self.client, "SELECT pg_temp.chatbots($1, $2)", &[&from, &to]).await;
        assert_same("chatbots", &served["chatbots"], &chatbots);
        let mut retrieval = json(&self.client, "SELECT pg_temp.retrieval($1, $2)", &[&from, &to]).await;
        let exact = json(&self.client, "SELECT pg_temp.retrieval_latency($1, $2)", &[&from, &to]).await;
        retrieval["latency_ms"] = Self::told(&exact);
        // Searches of every kind: what is compared is something.
        for kind in ["empty_searches", "cited_searches", "rewritten_searches", "reranked_searches"] {
            let (some, all) = (retrieval[kind].as_u64(), retrieval["searches"].as_u64());
            assert!(some > Some(0) && some < all, "{kind}: {retrieval}");
        }
        assert_same("retrieval", &served["retrieval"], &retrieval);
        assert_eq!(served["ingestion"], json!({ "documents": {}, "jobs": {} }), "this organization has none");
        let costs = json(&self.client, "SELECT pg_temp.costs($1, $2)", &[&from, &to]).await;
        assert_eq!(
            costs["by_purpose"].as_array().map(Vec::len),
            Some(7),
            "answers, and six beside them: {costs}"
        );
        assert_same("costs", &served["costs"], &costs);
    }

    async fn client_service(&self, from: Date, to: Date) {
        let served = self.read(&format!("client-service?from={from}&to={to}")).await;
        assert_same("figures", &served["figures"], &self.figures(from, to, None).await);
        let standings = json(&self.client, "SELECT pg_temp.standings($1, $2)", &[&from, &to]).await;
        assert_same("sessions", &served["sessions"], &standings);
        let mut by_status = std::collections::BTreeMap::<&str, i64>::new();
        for standing in standings.as_array().expect("standings") {
            *by_status.entry(standing["status"].as_str().expect("a status")).or_default() +=
                standing["count"].as_i64().expect("a count");
        }
        assert_eq!(served["sessions_by_status"], json!(by_status));
        self.escalations(from, to).await;
        let nps = json(&self.client, "SELECT pg_temp.nps($1, $2)", &[&from, &to]).await;
        assert_same("nps", &served["nps"], &nps);
        for list in ["unanswered", "low-confidence"] {
            let expected =
                json(&self.client, "SELECT pg_temp.answers($1, $2, $3)", &[&from, &to, &list]).await;
            let expected = expected.as_array().expect("answers");
            let mut cursor = String::new();
            let mut found = Vec::new();
            // The first pages: of a year there are too many.
            while found.len() < expected.len().min(600) {
                let path = format!("client-service/{list}?from={from}&to={to}&limit=100{cursor}");
                let page = self.read(&path).await;
                for item in page["items"].as_array().expect("items") {
                    let mut item = item.clone();
                    item["created_at"] = seconds(&item["created_at"]);
                    found.push(item);
                }
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert!(found.len() > 30, "more than a page: {}", found.len());
            assert!(
                found.len() == expected.len() || found.len() >= 600,
                "{} of {}",
                found.len(),
                expected.len()
            );
            assert_same(list, &found.clone().into(), &expected[..found.len()].into());
            let shown = served[list.replace('-', "_")]["items"].as_array().expect("items");
            assert!(
                shown
                    .iter()
                    .map(|item| &item["message_id"])
                    .eq(found[..20].iter().map(|item| &item["message_id"])),
                "{list}: the dashboard shows the first of them"
            );
        }
    }

    async fn escalations(&self, from: Date, to: Date) {
        let served = self.read(&format!("client-service?from={from}&to={to}")).await;
        let expected = json(&self.client, "SELECT pg_temp.escalations($1, $2)", &[&from, &to]).await;
        assert_same("escalations", &served["escalations"], &expected);
        for mean in ["avg_first_reply_seconds", "avg_resolution_seconds"] {
            assert!(expected[mean].as_f64() > Some(0.0), "{mean}: {expected}");
        }
        let (by_status, by_priority) = (&expected["by_status"], &expected["by_priority"]);
        let kinds = |of: &Value| of.as_object().map_or(0, serde_json::Map::len);
        assert!(kinds(by_status) > 3 && kinds(by_priority) > 2, "tickets of many kinds: {expected}");
        let groups = expected["groups"].as_array().expect("groups").iter();
        for open in groups.filter(|one| one["status"] == "open") {
            assert_eq!(open["avg_resolution_seconds"], Value::Null, "it has no end yet");
        }
    }

    /// By each thing that is known, alone and within others.
    async fn drilled(&self, from: Date, to: Date) {
        for (query, by, within) in [
            ("", "country", json!({})),
            ("&by=chatbot", "chatbot", json!({})),
            ("&by=platform", "platform", json!({})),
            ("&by=category", "category", json!({})),
            ("&by=device&country=UG", "device", json!({ "country": "UG" })),
            ("&by=region&country=UG", "region", json!({ "country": "UG" })),
            ("&by=country&device=unknown", "country", json!({ "device": "unknown" })),
            (
                "&by=category&platform=line&country=unknown&region=unknown",
                "category",
                json!({ "platform": "line", "country": "unknown", "region": "unknown" }),
            ),
            ("&by=platform&category=unknown", "platform", json!({ "category": "unknown" })),
            ("&by=platform&country=Nowhere", "platform", json!({ "country": "Nowhere" })),
        ] {
            let served = self.read(&format!("executive/drill-down?from={from}&to={to}{query}")).await;
            let sql = "SELECT pg_temp.drilled($1, $2, $3, $4)";
            let expected = json(&self.client, sql, &[&from, &to, &by, &within]).await;
            assert_eq!(expected["sessions"] == 0, query.contains("Nowhere"), "{query}: {expected}");
            assert_same(query, &served, &expected);
        }
        let served = self.read(&format!("executive/drill-down?from={from}&to={to}&by=device")).await;
        let values = served["values"].as_array().expect("values");
        let counts: i64 = values.iter().filter_map(|one| one["count"].as_i64()).sum();
        assert_eq!(served["sessions"], counts, "nobody is left out: {served}");
        assert!(values.iter().any(|one| one["value"] == "unknown"), "{served}");
    }

    async fn chatbot(&self, chatbot: Uuid, from: Date, to: Date) {
        let served = self.read(&format!("chatbots/{chatbot}?from={from}&to={to}")).await;
        let figures = self.figures(from, to, Some(chatbot)).await;
        assert_same("figures", &served["figures"], &figures);
        assert_same("latency", &served["latency_ms"], &self.latency(from, to, Some(chatbot)).await);
        let sql = "SELECT pg_temp.platforms($1, $2, $3)";
        let platforms = json(&self.client, sql, &[&from, &to, &chatbot]).await;
        assert_same("platforms", &served["platform_breakdown"], &platforms);
        for (of_the_seed, name) in [
            ("total_sessions", "sessions"),
            ("total_messages", "messages"),
            ("avg_session_duration", "avg_session_duration_seconds"),
            ("avg_response_time", "avg_response_time_ms"),
            ("avg_satisfaction", "avg_user_satisfaction"),
        ] {
            assert_same(of_the_seed, &served[of_the_seed], &figures[name]);
        }
        // The view of the same thirty days says the same.
        let sql = "SELECT jsonb_build_object('sessions', total_sessions, 'messages', total_messages,
                          'avg_session_duration_seconds', round(avg_session_duration, 1),
                          'avg_response_time_ms', round(avg_response_time, 1), 'avg_user_satisfaction', round(avg_satisfaction, 2))
                     FROM docent.chatbot_performance_summary WHERE id = $1";
        let view = json(&self.client, sql, &[&chatbot]).await;
        let figures = self.figures(self.today - 29.days(), self.today, Some(chatbot)).await;
        for name in view.as_object().expect("an object").keys() {
            assert_same(name, &view[name], &figures[name]);
        }
    }

    async fn exported(&self, from: Date, to: Date) {
        let path = format!("/api/v1/dashboards/export.csv?from={from}&to={to}");
        let (status, file) = self.shared.call(&self.key, Method::GET, &path, "").await;
        assert_eq!(status, StatusCode::OK, "{file}");
        let file = file.as_str().expect("text").to_owned();
        let mut lines = file.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let columns = lines.next().expect("a head");
        let value = |name: &str, text: &str| match text {
            "" => Value::Null,
            // Money is text elsewhere; here it is a number among numbers.
            text if !matches!(name, "metric_date" | "chatbot_id" | "chatbot") => {
                // Read as what it is compared with is: serde_json may be off by the last bit.
                serde_json::from_str(text).expect("a number")
            }
            text => json!(text),
        };
        let row = |fields: Vec<&str>| -> Value {
            assert_eq!(fields.len(), columns.len(), "{fields:?}");
            let named =
                columns.iter().zip(fields).map(|(name, text)| ((*name).to_owned(), value(name, text)));
            named.collect::<serde_json::Map<_, _>>().into()
        };
        let rows: Vec<Value> = lines.map(row).collect();
        let expected = json(&self.client, "SELECT pg_temp.exported($1, $2)", &[&from, &to]).await;
        assert!(rows.len() > 60, "a row each day and chatbot: {}", rows.len());
        assert_same("export.csv", &rows.into(), &expected);
    }
}

/// An instant as seconds: SQL tells them as numbers.
#[expect(clippy::cast_precision_loss, reason = "microseconds of this century")]
fn seconds(instant: &Value) -> Value {
    let instant: jiff::Timestamp = instant.as_str().expect("an instant").parse().expect("an instant");
    json!(instant.as_microsecond() as f64 / 1e6)
}

/// To two significant digits, up.
fn two_digits(ms: u64) -> u64 {
    let mut step = 1;
    while ms / step >= 100 {
        step *= 10;
    }
    ms.div_ceil(step) * step
}

/// The keys of the seed's appendix, and nothing else.
fn of_the_seed(executive: &Value) {
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().expect("an object").keys().cloned().collect()
    };
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(
        keys(executive),
        named(&["kpis", "timeseries", "top_categories", "top_locations", "device_breakdown"])
    );
    let kpis = &executive["kpis"];
    assert_eq!(keys(kpis), named(&["queries_today", "queries_mtd", "queries_fy", "avg_qoe", "nps"]));
    for count in ["queries_today", "queries_mtd", "queries_fy"] {
        assert!(kpis[count].is_u64(), "{count} is a whole number: {kpis}");
    }
    assert!((0.0..=1.0).contains(&kpis["avg_qoe"].as_f64().expect("a number")), "{kpis}");
    assert!((-100.0..=100.0).contains(&kpis["nps"].as_f64().expect("a number")), "{kpis}");
    assert_eq!(keys(&executive["timeseries"]), named(&["queries", "qoe"]));
    let items = [
        (&executive["timeseries"]["queries"], named(&["date", "count"])),
        (&executive["timeseries"]["qoe"], named(&["date", "value"])),
        (&executive["top_categories"], named(&["category", "count"])),
        (&executive["top_locations"], named(&["country", "region", "count"])),
        (&executive["device_breakdown"], named(&["device", "count"])),
    ];
    for (list, names) in items {
        let list = list.as_array().expect("a list");
        assert!(!list.is_empty());
        for item in list {
            assert_eq!(keys(item), names);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_of_every_dashboard_is_what_was_said() {
    let shared = stack().await;
    // Clocks in Havana go back at one in the morning, so that a midnight comes twice.
    for (slug, zone) in [("metrics-havana", "America/Havana"), ("metrics-bangkok", "Asia/Bangkok")] {
        let month = month(shared, slug, zone).await;
        // Whoever looks a little later has it counted.
        month.later().await;
        month.everything_is_as_it_was_said().await;
        // The schedule ends what nobody came back to, and counts it.
        month.expire_after(24).await;
        let report = month.daily().await;
        assert_eq!((&report["failed"], &report["unfinished"]), (&json!(0), &json!(0)), "{report}");
        month.expire_after(8_760).await;
        let sql = "SELECT jsonb_build_array(count(*) FILTER (WHERE status = 'expired'),
                          count(*) FILTER (WHERE status = 'active' AND last_activity_at < now() - interval '25 hours')) FROM served_live";
        let expired = json(&month.client, sql, &[]).await;
        assert!(expired[0].as_u64() > Some(150) && expired[1] == 0, "{expired}");
        month.everything_is_as_it_was_said().await;
        late_and_double(&month).await;
        month.later().await;
        month.everything_is_as_it_was_said().await;
        month.look().await;
        let quality = json(
            &month.client,
            "SELECT to_jsonb(count(*)) FROM served WHERE status <> 'active' AND qoe_score IS DISTINCT FROM quality",
            &[],
        );
        month.daily().await;
        assert_eq!(quality.await, json!(0), "sessions that are over keep their quality");
        let marks =
            "SELECT to_jsonb(count(*)) FROM docent.metric_days JOIN rules ON organization = organization_id";
        assert_eq!(json(&month.client, marks, &[]).await, json!(0));
        assert_eq!(month.daily().await["days"], json!(0), "nothing is left to count");
    }
}

/// Something of an old day comes now, something comes twice, something changes, something goes.
async fn late_and_double(month: &Month<'_>) {
    month.converse(60).await;
    let double = "INSERT INTO docent.messages SELECT m.* FROM docent.messages m JOIN rules ON organization = organization_id ON CONFLICT DO NOTHING";
    assert_eq!(month.client.execute(double, &[]).await.expect("doubles"), 0);
    for change in [
        "UPDATE docent.escalations SET status = 'resolved', resolved_at = now() WHERE id IN (SELECT e.id FROM docent.escalations e JOIN rules ON organization = organization_id WHERE e.status = 'open' LIMIT 5)",
        "UPDATE docent.escalations SET priority = 'critical' WHERE id IN (SELECT e.id FROM docent.escalations e JOIN rules ON organization = organization_id WHERE e.priority = 'low' LIMIT 5)",
        "DELETE FROM docent.escalations WHERE id IN (SELECT e.id FROM docent.escalations e JOIN rules ON organization = organization_id WHERE e.status = 'cancelled' LIMIT 5)",
        "UPDATE docent.sessions SET status = 'complete', nps_score = 10 WHERE id IN (SELECT id FROM served WHERE status = 'escalated' LIMIT 20)",
        "UPDATE docent.sessions SET category = 'Payments' WHERE id IN (SELECT id FROM served WHERE category IS NULL LIMIT 20)",
        "UPDATE docent.messages SET sentiment = '{\"score\": -1, \"label\": \"negative\"}' WHERE id IN (SELECT id FROM said WHERE role = 'user' LIMIT 50)",
        "DELETE FROM docent.sessions WHERE id IN (SELECT id FROM served WHERE status = 'terminated' LIMIT 10)",
        "UPDATE docent.message_feedback f SET rating = 'negative' FROM rules WHERE f.organization_id = organization AND rating = 'positive'",
        "INSERT INTO docent.side_costs (organization_id, purpose, chatbot_id, model, tokens, created_at)
         SELECT organization, 'readings', id, 'of unknown price', 7, now() - interval '2 days' FROM bots, rules",
        // Opened, and nothing was ever said: counts nowhere.
        "INSERT INTO docent.sessions (id, organization_id, chatbot_id, started_at) SELECT gen_random_uuid(), organization, id, now() - interval '3 days' FROM bots, rules",
    ] {
        let changed =
            month.client.execute(change, &[]).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
        assert!(changed > 1, "{change}");
    }
}
