//! What has passed its time goes, and nothing else; what was counted stays.

use super::{
    counting::{counted, inside, metrics},
    json,
};
use domain::ConfigVersionId;
use serde_json::{Value, json};
use store::{
    Database,
    admin_feedback::{self, Figures},
    config_versions, migrator,
};
use tests::{Organization, database};
use tokio_postgres::Client;

/// Days that messages, logs and facts are kept.
const KEPT: [i32; 3] = [40, 10, 20];

/// A session a day for seventy days, each with a question, its answer, a citation, a log and a fact; by the clock of Bangkok.
async fn seventy_days(admin: &Client, organization: &Organization) {
    let sql = "WITH day AS (
            SELECT now() - make_interval(days => n) AS at, n FROM generate_series(0, 69) n
        ), session AS (
            INSERT INTO docent.sessions (id, organization_id, chatbot_id, started_at, last_activity_at, message_count, status)
            SELECT pg_temp.id_at(at), $1, $2, at, at, 2, 'complete' FROM day RETURNING id, started_at AS at
        ), said AS (
            SELECT s.id, s.at, number, pg_temp.id_at(s.at) AS message
              FROM session s CROSS JOIN generate_series(1, 2) number
        ), message AS (
            INSERT INTO docent.messages (id, organization_id, session_id, sequence_number, role, content, created_at)
            SELECT message, $1, id, number, CASE number WHEN 1 THEN 'user' ELSE 'assistant' END, 'said', at FROM said
        ), citation AS (
            INSERT INTO docent.citations (id, organization_id, message_id, chunk_id, document_id, marker, quoted_span, score,
                                          document_title, document_key, created_at)
            SELECT pg_temp.id_at(at), $1, message, message, message, 1, 'q', 1, 't', 'k', at FROM said WHERE number = 2
        ), log AS (
            INSERT INTO docent.retrieval_logs (id, organization_id, session_id, message_id, query, retrieval_threshold, retrieval_k, created_at)
            SELECT pg_temp.id_at(at), $1, id, message, 'q', 0, 5, at FROM said WHERE number = 1
        )
        INSERT INTO docent.events (id, organization_id, event_type, event_category, created_at)
        SELECT pg_temp.id_at(at), $1, 'llm_call', 'system', at FROM day";
    admin.execute(sql, &[&organization.id.0, &organization.chatbot.0]).await.unwrap();
}

/// How many rows of each class there are, and how old the oldest is in days of Bangkok.
async fn left(admin: &Client, organization: &Organization) -> Value {
    let sql = "SELECT jsonb_object_agg(kind, jsonb_build_array(rows, oldest)) FROM (
            SELECT kind, count(*) AS rows, (now() AT TIME ZONE 'Asia/Bangkok')::date - min((at AT TIME ZONE 'Asia/Bangkok')::date) AS oldest
              FROM (SELECT 'sessions' AS kind, started_at AS at FROM docent.sessions WHERE organization_id = $1
                    UNION ALL SELECT 'messages', created_at FROM docent.messages WHERE organization_id = $1
                    UNION ALL SELECT 'citations', created_at FROM docent.citations WHERE organization_id = $1
                    UNION ALL SELECT 'logs', created_at FROM docent.retrieval_logs WHERE organization_id = $1
                    UNION ALL SELECT 'events', created_at FROM docent.events WHERE organization_id = $1) r
             GROUP BY kind) k";
    json(admin, sql, &[&organization.id.0]).await
}

#[tokio::test]
async fn what_has_passed_its_time_goes_and_nothing_else() {
    let database = database().await;
    let Some(admin) = database.admin().await else { return };
    let owner = database.owner().await;
    owner.batch_execute("SELECT docent.ensure_month((now() - make_interval(months => n))::date) FROM generate_series(1, 6) n").await.unwrap();
    admin.batch_execute(super::CONVERSATIONS).await.unwrap();
    let (acme, globex) =
        (Organization::create(&database, "acme").await, Organization::create(&database, "globex").await);
    for organization in [&acme, &globex] {
        seventy_days(&admin, organization).await;
    }
    let whole = left(&admin, &globex).await;
    assert_eq!(
        whole,
        json!({ "sessions": [70, 69], "messages": [140, 69], "citations": [70, 69], "logs": [70, 69], "events": [70, 69] })
    );
    let client = inside(&database, &acme).await;
    let settings = json!({ "time_zone": "Asia/Bangkok",
        "retention_days": { "messages": KEPT[0], "retrieval_logs": KEPT[1], "events": KEPT[2] } });
    client.execute("UPDATE docent.organizations SET settings = $1", &[&settings]).await.unwrap();

    let metrics = metrics(&database);
    let report = metrics.daily().await.unwrap();
    assert_eq!((report.failed, report.unfinished, report.closed_days), (0, 0, 0), "{report:?}");
    let expected = json!({ "sessions": [41, 40], "messages": [82, 40], "citations": [41, 40], "logs": [11, 10], "events": [21, 20] });
    assert_eq!(left(&admin, &acme).await, expected, "days of its clock, the first of them whole");
    assert_eq!(left(&admin, &globex).await, whole, "who says nothing keeps everything");
    let swept = &report.swept;
    assert_eq!(
        [swept.sessions, swept.messages, swept.citations, swept.retrieval_logs, swept.events],
        [29, 58, 29, 59, 49]
    );

    // What was counted of the days before stays, also when somebody wants it counted anew or something comes late.
    let before = counted(&client).await;
    assert_eq!(before["days"].as_array().map(Vec::len), Some(70));
    let closed: jiff::civil::Date =
        client.query_one("SELECT (now() AT TIME ZONE 'Asia/Bangkok')::date - 41", &[]).await.unwrap().get(0);
    assert_eq!(metrics.recount("acme", closed).await.unwrap(), Some(false));
    // A day whose messages are there and whose searches are gone: those stay as they were counted, and nothing else does.
    let open: jiff::civil::Date =
        client.query_one("SELECT (now() AT TIME ZONE 'Asia/Bangkok')::date - 20", &[]).await.unwrap().get(0);
    let searches = |counted: &Value| counted["searches"].as_array().map(Vec::len);
    assert_eq!(searches(&before), before["days"].as_array().map(Vec::len), "a search a day");
    for table in ["daily_metrics WHERE metric_date", "audience_daily WHERE day"] {
        client.execute(&format!("DELETE FROM docent.{table} = $1"), &[&open]).await.unwrap();
    }
    assert_ne!(counted(&client).await, before);
    assert_eq!(metrics.recount("acme", open).await.unwrap(), Some(true));
    assert_eq!(counted(&client).await, before);
    let late = "INSERT INTO docent.messages (id, organization_id, session_id, sequence_number, role, content, created_at)
                SELECT pg_temp.id_at(now()), organization_id, id, 9, 'user', 'late', now() - interval '50 days'
                  FROM docent.sessions WHERE started_at > now() - interval '1 hour'";
    assert_eq!(client.execute(late, &[]).await.unwrap(), 1);
    let report = metrics.daily_of("acme").await.unwrap().unwrap();
    assert_eq!((report.closed_days, report.swept.messages), (1, 0), "{report:?}");
    assert_eq!(counted(&client).await, before);

    // Who keeps nothing any more leaves months empty, and those are dropped: but the last, and what others have is theirs.
    let months = "SELECT count(*)::bigint FROM docent.old_months()";
    let old = async || owner.query_one(months, &[]).await.unwrap().get::<_, i64>(0);
    let there = old().await;
    let dropped = migrator::maintain_months(&Database::owner(&database.owner_url).unwrap()).await.unwrap();
    assert!(
        !dropped.is_empty() && old().await == there - i64::try_from(dropped.len()).unwrap(),
        "{dropped:?}"
    );
    assert_eq!(left(&admin, &globex).await, whole);
    assert_eq!(left(&admin, &acme).await["events"], expected["events"]);
    // Once nobody has anything left of a month, it goes as a whole.
    let oldest = "SELECT 'messages_' || to_char((now() - interval '69 days') AT TIME ZONE 'UTC', 'YYYY_MM')";
    let oldest: String = admin.query_one(oldest, &[]).await.unwrap().get(0);
    assert!(!dropped.contains(&oldest), "the other organization keeps it");
    admin.execute("UPDATE docent.organizations SET settings = $1", &[&settings]).await.unwrap();
    assert_eq!(metrics.daily().await.unwrap().failed, 0);
    let dropped = migrator::maintain_months(&Database::owner(&database.owner_url).unwrap()).await.unwrap();
    assert!(dropped.contains(&oldest), "{oldest}: {dropped:?}");
    assert_eq!(left(&admin, &globex).await, expected);
    let walls = "SELECT count(*) FROM pg_class WHERE relnamespace = 'docent'::regnamespace AND relispartition
                    AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)";
    assert_eq!(admin.query_one(walls, &[]).await.unwrap().get::<_, i64>(0), 0, "the walls stand");
    let next = owner.query_one("SELECT docent.drop_if_empty('messages_default')", &[]).await.unwrap();
    assert!(!next.get::<_, bool>(0), "what is no old month is not dropped");
}

/// How a version answered, by its messages and thumbs alone.
async fn answered(client: &Client, version: ConfigVersionId) -> Figures {
    let sql = "SELECT count(*), count(*) FILTER (WHERE NOT m.abstained), avg(m.confidence::numeric)::float8,
                      stddev_samp(m.confidence::numeric)::float8, coalesce(sum(f.likes), 0)::bigint, coalesce(sum(f.dislikes), 0)::bigint
                 FROM docent.messages m
                 LEFT JOIN (SELECT message_id, count(*) FILTER (WHERE rating = 'positive') AS likes,
                                   count(*) FILTER (WHERE rating = 'negative') AS dislikes
                              FROM docent.message_feedback GROUP BY 1) f ON f.message_id = m.id
                WHERE m.config_version_id = $1";
    let row = client.query_one(sql, &[&version.0]).await.unwrap();
    Figures {
        answers: row.get(0),
        answered: row.get(1),
        confidence: row.get(2),
        deviation: row.get(3),
        likes: row.get(4),
        dislikes: row.get(5),
        ..Figures::default()
    }
}

async fn impact(organization: &Organization, versions: [ConfigVersionId; 2]) -> [Figures; 2] {
    let tx = organization.tx().await;
    let found = admin_feedback::impact(&tx, versions).await.unwrap();
    tx.finish().await.unwrap();
    found
}

fn assert_nearly(found: &[Figures; 2], expected: &[Figures; 2], when: &str) {
    for (found, expected) in found.iter().zip(expected) {
        let near = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => (one - other).abs() < 1e-9,
            (one, other) => one.is_none() && other.is_none(),
        };
        assert!(near(found.confidence, expected.confidence), "{when}: {found:?} {expected:?}");
        assert!(near(found.deviation, expected.deviation), "{when}: {found:?} {expected:?}");
        let counts = |of: &Figures| [of.answers, of.answered, of.likes, of.dislikes];
        assert_eq!(counts(found), counts(expected), "{when}");
    }
}

#[tokio::test]
async fn what_a_change_came_to_outlives_its_messages() {
    let database = database().await;
    let Some(admin) = database.admin().await else { return };
    let owner = database.owner().await;
    owner.batch_execute("SELECT docent.ensure_month((now() - make_interval(months => n))::date) FROM generate_series(1, 6) n").await.unwrap();
    admin.batch_execute(super::CONVERSATIONS).await.unwrap();
    let acme = Organization::create(&database, "acme").await;
    seventy_days(&admin, &acme).await;
    let tx = acme.tx().await;
    let known = config_versions::list(&tx, acme.chatbot, None, 1).await.unwrap().remove(0);
    let other = config_versions::create(&tx, acme.chatbot, &known.settings, None).await.unwrap();
    let silent = config_versions::create(&tx, acme.chatbot, &known.settings, None).await.unwrap();
    tx.finish().await.unwrap();
    let versions = [known.id, other];
    let client = inside(&database, &acme).await;
    // One version answered for twenty days, the other one since.
    let answers = "UPDATE docent.messages
                      SET config_version_id = CASE WHEN created_at < now() - interval '50 days' THEN $1::uuid ELSE $2::uuid END,
                          confidence = random()::real, abstained = random() < 0.3
                    WHERE role = 'assistant'";
    assert_eq!(client.execute(answers, &[&known.id.0, &other.0]).await.unwrap(), 70);
    let thumbs = "INSERT INTO docent.message_feedback (id, organization_id, message_id, session_id, chatbot_id, caller_kind, caller_id, rating)
                  SELECT gen_random_uuid(), organization_id, id, session_id, $1, 'key', gen_random_uuid(),
                         CASE WHEN random() < 0.5 THEN 'positive' ELSE 'negative' END
                    FROM docent.messages WHERE role = 'assistant'";
    client.execute(thumbs, &[&acme.chatbot.0]).await.unwrap();
    let paid = "INSERT INTO docent.side_costs (organization_id, purpose, chatbot_id, model, tokens, cost, created_at)
                SELECT $1, 'readings', $2, 'small', 100, 0.000000001 * (n + 1), now() - make_interval(days => n) FROM generate_series(0, 69) n";
    client.execute(paid, &[&acme.id.0, &acme.chatbot.0]).await.unwrap();
    let said = async || [answered(&client, known.id).await, answered(&client, other).await];

    // Nothing is counted yet, all is counted, something comes late: it is what the messages say.
    assert_nearly(&impact(&acme, versions).await, &said().await, "not counted yet");
    let metrics = metrics(&database);
    metrics.daily_of("acme").await.unwrap();
    assert_nearly(&impact(&acme, versions).await, &said().await, "counted");
    let late = "UPDATE docent.message_feedback SET rating = CASE rating WHEN 'positive' THEN 'negative' ELSE 'positive' END
                 WHERE message_id IN (SELECT id FROM docent.messages WHERE created_at < now() - interval '60 days')";
    assert_eq!(client.execute(late, &[]).await.unwrap(), 10);
    let gone = "DELETE FROM docent.message_feedback
                 WHERE message_id IN (SELECT id FROM docent.messages WHERE role = 'assistant' ORDER BY id LIMIT 1)";
    assert_eq!(client.execute(gone, &[]).await.unwrap(), 1);
    let whole = said().await;
    assert_nearly(&impact(&acme, versions).await, &whole, "late");
    let before = impact(&acme, versions).await;
    metrics.daily_of("acme").await.unwrap();
    assert_eq!(impact(&acme, versions).await, before, "counted anew, to the last digit");
    assert_eq!(before[0].answers, 20, "{before:?}");
    let costs = "SELECT to_jsonb(array[sum(cost)::text, sum(calls)::text, sum(tokens)::text]) FROM docent.side_costs_daily";
    let spent = json(&client, costs, &[]).await;
    assert_eq!(spent, json!(["0.000002485", "70", "7000"]));

    // The messages go, with their thumbs.
    let settings = json!({ "retention_days": { "messages": KEPT[0] } });
    client.execute("UPDATE docent.organizations SET settings = $1", &[&settings]).await.unwrap();
    let swept = metrics.daily_of("acme").await.unwrap().unwrap().swept;
    assert_eq!((swept.messages, swept.sessions, swept.side_costs), (58, 29, 29));
    assert_eq!(answered(&client, known.id).await, Figures::default());
    assert_eq!(impact(&acme, versions).await, before);
    assert_eq!(json(&client, costs, &[]).await, spent);
    // Something that comes late for a day that is no longer whole changes nothing, counted or not.
    let late = "INSERT INTO docent.messages (id, organization_id, session_id, sequence_number, role, content, confidence, config_version_id, created_at)
                SELECT pg_temp.id_at(now()), organization_id, id, 9, 'assistant', 'late', 1, $1, now() - interval '60 days'
                  FROM docent.sessions WHERE started_at > now() - interval '1 hour'";
    assert_eq!(client.execute(late, &[&known.id.0]).await.unwrap(), 1);
    assert_eq!(impact(&acme, versions).await, before);
    metrics.daily_of("acme").await.unwrap();
    assert_eq!(impact(&acme, versions).await, before);
    let [_, none] = impact(&acme, [other, silent]).await;
    assert_eq!(none, Figures::default(), "of a version that never answered there is nothing");
}

#[tokio::test]
async fn who_was_silent_long_enough_has_gone() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let client = inside(&database, &acme).await;
    let open = "INSERT INTO docent.sessions (id, organization_id, chatbot_id, status, started_at, last_activity_at, message_count)
                SELECT pg_temp.id_at(now() - make_interval(hours => h)), $1, $2, s, now() - make_interval(hours => h + 1),
                       now() - make_interval(hours => h), 2
                  FROM unnest(ARRAY[23, 25, 47, 49]) h CROSS JOIN unnest(ARRAY['active', 'escalated']) s";
    client.execute(open, &[&acme.id.0, &acme.chatbot.0]).await.unwrap();
    let expired = async || {
        let sql = "SELECT jsonb_agg(round(extract(epoch FROM now() - last_activity_at) / 3600) ORDER BY started_at DESC)
                     FROM docent.sessions WHERE status = 'expired' AND duration_seconds = 3600";
        json(&client, sql, &[]).await
    };
    let metrics = metrics(&database);
    let longer = json!({ "session_expiry_hours": 48 });
    client.execute("UPDATE docent.organizations SET settings = $1", &[&longer]).await.unwrap();
    assert_eq!(metrics.daily_of("acme").await.unwrap().unwrap().expired_sessions, 1);
    assert_eq!(expired().await, json!([49]));
    client.execute("UPDATE docent.organizations SET settings = '{}'", &[]).await.unwrap();
    assert_eq!(metrics.daily().await.unwrap().expired_sessions, 2);
    assert_eq!(expired().await, json!([25, 47, 49]));
    assert_eq!(metrics.daily().await.unwrap().expired_sessions, 0);
}

#[tokio::test]
async fn answers_and_buckets_that_nobody_needs_go_at_their_edge() {
    let database = database().await;
    let Some(admin) = database.admin().await else { return };
    let (acme, globex) =
        (Organization::create(&database, "acme").await, Organization::create(&database, "globex").await);
    for organization in [&acme, &globex] {
        let rows = "WITH k AS (INSERT INTO docent.idempotency_keys (organization_id, caller_id, key, fingerprint, response, created_at)
                    SELECT $1, $1, m::text, sha256('a'), '{}', now() - make_interval(mins => m) FROM unnest(ARRAY[1439, 1441]) m)
                    INSERT INTO docent.rate_limits (organization_id, subject_id, tokens, refilled_at)
                    SELECT $1, gen_random_uuid(), m, now() - make_interval(mins => m) FROM unnest(ARRAY[59, 61]) m";
        admin.execute(rows, &[&organization.id.0]).await.unwrap();
    }
    let left = async |organization: &Organization| {
        let sql = "SELECT jsonb_build_array((SELECT jsonb_agg(key ORDER BY key) FROM docent.idempotency_keys WHERE organization_id = $1),
                          (SELECT jsonb_agg(tokens ORDER BY tokens) FROM docent.rate_limits WHERE organization_id = $1))";
        json(&admin, sql, &[&organization.id.0]).await
    };
    let report = metrics(&database).daily_of("acme").await.unwrap().unwrap();
    assert_eq!((report.swept.idempotency_keys, report.swept.rate_limits), (1, 1), "{report:?}");
    assert_eq!(left(&acme).await, json!([["1439"], [59]]));
    assert_eq!(left(&globex).await, json!([["1439", "1441"], [59, 61]]));
}

#[tokio::test]
async fn a_conversation_that_people_still_work_on_outlives_its_messages() {
    let database = database().await;
    let Some(admin) = database.admin().await else { return };
    let owner = database.owner().await;
    owner.batch_execute("SELECT docent.ensure_month((now() - make_interval(months => n))::date) FROM generate_series(1, 6) n").await.unwrap();
    admin.batch_execute(super::CONVERSATIONS).await.unwrap();
    let acme = Organization::create(&database, "acme").await;
    seventy_days(&admin, &acme).await;
    // Of the oldest sessions, one in each state of a ticket, and one that was opened long after.
    let tickets = "INSERT INTO docent.escalations (id, organization_id, session_id, chatbot_id, opened_by_kind, reason, status, created_at)
                   SELECT pg_temp.id_at(s.started_at), $1, s.id, s.chatbot_id, 'rule', 'risk', t.status,
                          CASE WHEN t.place = 7 THEN now() ELSE s.started_at END
                     FROM (SELECT id, chatbot_id, started_at, row_number() OVER (ORDER BY started_at) AS place
                             FROM docent.sessions WHERE organization_id = $1) s
                     JOIN unnest(ARRAY['open', 'assigned', 'in_progress', 'resolved', 'closed', 'cancelled', 'closed'])
                          WITH ORDINALITY AS t (status, place) ON t.place = s.place";
    assert_eq!(admin.execute(tickets, &[&acme.id.0]).await.unwrap(), 7);
    let settings = json!({ "retention_days": { "messages": KEPT[0] } });
    let set = "UPDATE docent.organizations SET settings = $1 WHERE id = $2";
    admin.execute(set, &[&settings, &acme.id.0]).await.unwrap();
    let left = async || {
        let sql = "SELECT coalesce(jsonb_agg(status ORDER BY id), '[]') FROM docent.escalations WHERE organization_id = $1";
        json(&admin, sql, &[&acme.id.0]).await
    };

    let metrics = metrics(&database);
    let swept = metrics.daily().await.unwrap().swept;
    assert_eq!((swept.messages, swept.sessions), (58, 25), "what was said goes, and four tickets stay");
    assert_eq!(left().await, json!(["open", "assigned", "in_progress", "closed"]));
    // Once people are done with them they go.
    let done = "UPDATE docent.escalations SET status = 'closed' WHERE organization_id = $1";
    admin.execute(done, &[&acme.id.0]).await.unwrap();
    assert_eq!(metrics.daily().await.unwrap().swept.sessions, 3);
    assert_eq!(left().await, json!(["closed"]), "its day may be counted anew");
}
