//! Who may look, and what is no question.

use crate::stack::support::stack;
use domain::{ApiKey, OrganizationId, Scope};
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// The paths of the function, without its description.
fn paths() -> Vec<String> {
    let golden = tests::repository::read("tests/golden/routes.txt");
    let lines = golden.lines().filter_map(|line| line.strip_suffix(" -> dashboards"));
    let paths = lines.filter_map(|line| line.strip_prefix("GET ")).map(|path| path.trim().to_owned());
    paths.filter(|path| !path.ends_with("/openapi.json")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_for_those_who_may_read_them() {
    let shared = stack().await;
    let made = shared.organization("scopes-of-dashboards").await;
    let organization: OrganizationId =
        made["organization_id"].as_str().expect("an id").parse().expect("an id");
    let others: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| *scope != Scope::DashboardsRead).collect();
    let key = async |scopes: &[Scope]| {
        let key = ApiKey::generate(organization);
        let database = store::Database::new(&shared.addresses.database_url).expect("a URL");
        let tx = database.tenant(organization).await.expect("a transaction");
        let new = store::api_keys::NewKey { name: "a test's", scopes, ..Default::default() };
        store::api_keys::create(&tx, &key, &new).await.expect("a key");
        tx.finish().await.expect("committed");
        key.reveal()
    };
    let (without, with) = (key(&others).await, key(&[Scope::DashboardsRead]).await);
    let with_persons = key(&[Scope::DashboardsRead, Scope::UsersRead]).await;
    let forged = ApiKey::generate(organization).reveal();
    let paths = paths();
    assert!(paths.len() >= 12, "{paths:?}");
    let (status, api) = shared.call("", Method::GET, "/api/v1/dashboards/openapi.json", "").await;
    assert_eq!(status, StatusCode::OK);
    for path in paths {
        assert!(api["paths"][&path]["get"]["responses"]["401"].is_object(), "{path} is described");
        let own = path.replace("{id}", made["chatbot_id"].as_str().expect("an id"));
        // Who may see figures may not yet see whose they are.
        let is_personal = path.ends_with("/persons");
        let figures = if is_personal { StatusCode::FORBIDDEN } else { StatusCode::OK };
        for (key, expected) in [
            (&forged, StatusCode::UNAUTHORIZED),
            (&without, StatusCode::FORBIDDEN),
            (&with, figures),
            (&with_persons, StatusCode::OK),
        ] {
            let (status, answer) = shared.call(key, Method::GET, &own, "").await;
            assert_eq!(status, expected, "{own}: {answer}");
            if is_personal && key == &with {
                assert!(
                    answer["detail"].as_str().is_some_and(|why| why.contains("`users:read`")),
                    "{answer}"
                );
            }
        }
    }
    // Another organization's chatbot is none.
    let path = |id: &str| format!("/api/v1/dashboards/chatbots/{id}");
    let foreign = shared.call(&with, Method::GET, &path(&shared.addresses.chatbot_id), "").await;
    let missing = shared.call(&with, Method::GET, &path(&uuid::Uuid::now_v7().to_string()), "").await;
    assert_eq!(foreign.0, StatusCode::NOT_FOUND, "{}", foreign.1);
    assert_eq!(foreign.1["detail"], missing.1["detail"]);
    // An organization of which nothing is known has figures all the same.
    let (_, empty) = shared
        .call(&with, Method::GET, "/api/v1/dashboards/executive?from=2026-11-01&to=2026-11-02", "")
        .await;
    assert_eq!(
        empty,
        json!({
            "kpis": { "queries_today": 0, "queries_mtd": 0, "queries_fy": 0, "avg_qoe": null, "nps": null },
            "timeseries": {
                "queries": [{ "date": "2026-11-01", "count": 0 }, { "date": "2026-11-02", "count": 0 }],
                "qoe": [{ "date": "2026-11-01", "value": null }, { "date": "2026-11-02", "value": null }],
            },
            "top_categories": [], "top_locations": [], "device_breakdown": [],
        })
    );
    let read = async |path: &str| {
        let path = format!("/api/v1/dashboards/{path}?from=2026-11-01&to=2026-11-02");
        shared.call(&with, Method::GET, &path, "").await.1
    };
    let period = json!({ "from": "2026-11-01", "to": "2026-11-02" });
    assert_eq!(
        read("executive/drill-down").await,
        json!({ "period": period, "by": "country", "sessions": 0, "values": [] })
    );
    assert_eq!(
        read("technical").await["retrieval"],
        json!({
            "searches": 0, "empty_searches": 0, "empty_rate": null, "avg_top_score": null, "avg_passages": null,
            "cited_searches": 0, "cited_rate": null, "rewritten_searches": 0, "reranked_searches": 0,
            "latency_ms": { "p50": null, "p90": null, "p95": null, "p99": null },
        })
    );
    assert_eq!(
        read("client-service").await["escalations"],
        json!({
            "opened": 0, "by_status": {}, "by_priority": {}, "avg_first_reply_seconds": null,
            "avg_resolution_seconds": null, "groups": [],
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn periods_and_lists_have_edges() {
    let shared = stack().await;
    for (query, pointer) in [
        ("executive?from=2026-11-02&to=2026-11-01", "?from"),
        ("executive?from=2020-01-01&to=2022-01-01", "?from"),
        ("executive?from=-009999-01-01", "?from"),
        ("executive?to=9999-12-31", "?to"),
        ("executive?from=yesterday", "?"),
        ("technical?since=2026-11-01", "?"),
        ("documents?status=lost", "?status"),
        ("documents?limit=101", "?limit"),
        ("client-service/unanswered?cursor=nonsense", "?cursor"),
        ("client-service/unanswered/clusters?from=2020-01-01&to=2022-01-01", "?from"),
        ("client-service/unanswered/clusters?category=x", "?"),
        ("persons?from=2026-11-02&to=2026-11-01", "?from"),
        ("persons?person=x", "?"),
        ("category?from=2020-01-01&to=2022-01-01", "?from"),
        ("category?category=a%00b", "?category"),
        ("executive/drill-down?by=shoe", "?"),
        ("executive/drill-down?from=2026-11-02&to=2026-11-01", "?from"),
        ("executive/drill-down?platform=a%00b", "?platform"),
        ("executive/drill-down?device=a%00b", "?device"),
        ("executive/drill-down?country=a%00b", "?country"),
        ("executive/drill-down?region=a%00b", "?region"),
        ("executive/drill-down?category=a%00b", "?category"),
    ] {
        let path = format!("/api/v1/dashboards/{query}");
        let (status, problem) = shared.call(&shared.addresses.api_key, Method::GET, &path, "").await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{query}: {problem}");
    }
    let path = "/api/v1/dashboards/executive?from=2020-01-01&to=2021-12-31";
    let (status, answer) = shared.call(&shared.addresses.api_key, Method::GET, path, "").await;
    assert_eq!(status, StatusCode::OK, "731 days are well: {answer}");
    let most = domain::limits::LIST_QUERY_CHARACTERS;
    for (characters, expected) in [(most, StatusCode::OK), (most + 1, StatusCode::UNPROCESSABLE_ENTITY)] {
        for asked in ["category?category=", "executive/drill-down?by=region&country="] {
            // Characters, not bytes.
            let path = format!("/api/v1/dashboards/{asked}{}", "%C3%A9".repeat(characters));
            let (status, answer) = shared.call(&shared.addresses.api_key, Method::GET, &path, "").await;
            assert_eq!(status, expected, "{asked} {characters}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_say_how_far_they_are() {
    let shared = stack().await;
    let key = format!("{}/dashboarded/pump.txt", shared.addresses.organization);
    let settled = shared.drop_bytes(&key, b"The pump of the dashboard needs oil.".to_vec()).await;
    let read = async |query: &str| {
        let path = format!("/api/v1/dashboards/documents?{query}");
        let (status, answer) = shared.call(&shared.addresses.api_key, Method::GET, &path, "").await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    };
    let mut cursor = String::new();
    let document = loop {
        let page = read(&format!("status=completed&limit=5{cursor}")).await;
        let items = page["items"].as_array().expect("items");
        if let Some(found) = items.iter().find(|item| item["id"] == settled.id.to_string()) {
            break found.clone();
        }
        cursor = format!("&cursor={}", page["next_cursor"].as_str().expect("it is on some page"));
    };
    assert_eq!(document["processing_status"], "completed");
    assert_eq!((&document["chunk_count"], &document["file_size"]), (&json!(1), &json!(36)), "{document}");
    assert!(document["avg_chunk_confidence"].as_f64().is_some_and(|mean| mean > 0.0), "{document}");
    let (_, technical) =
        shared.call(&shared.addresses.api_key, Method::GET, "/api/v1/dashboards/technical", "").await;
    assert!(technical["ingestion"]["documents"]["completed"].as_u64() > Some(0), "{technical}");
    assert!(technical["ingestion"]["jobs"]["completed"].as_u64() > Some(0), "{technical}");
}

#[tokio::test(flavor = "multi_thread")]
async fn example_events_are_served() {
    let shared = stack().await;
    let client = shared.client().await;
    for function in ["dashboards", "aggregate"] {
        let examples = tests::repository::files(&format!("events/{function}"), "json");
        assert!(examples.len() >= 2, "{function}");
        for path in examples {
            let event: Value = serde_json::from_str(&tests::repository::read(&path)).expect("JSON");
            let invoked = client.invoke_example(function, &event).await;
            let invoked = invoked.unwrap_or_else(|error| panic!("{path}: {error:#}"));
            let answer: Value = serde_json::from_str(&invoked.answer).expect("a response");
            if function == "dashboards" {
                assert_eq!(answer["statusCode"], 200, "{path}: {answer}");
            } else {
                let told = answer["organizations"].is_u64() || answer["counted"].is_boolean();
                let told = told || answer["batchItemFailures"] == serde_json::json!([]);
                assert!(told || answer["data_keys"]["made"].is_u64(), "{path}: {answer}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_at_persons_makes_one_call() {
    let shared = stack().await;
    let made = shared.organization("persons-once").await;
    let organization: OrganizationId =
        made["organization_id"].as_str().expect("an id").parse().expect("an id");
    let key = ApiKey::generate(organization);
    let database = store::Database::new(&shared.addresses.database_url).expect("a URL");
    let tx = database.tenant(organization).await.expect("a transaction");
    let scopes = [Scope::DashboardsRead, Scope::UsersRead];
    let new = store::api_keys::NewKey {
        name: "a test's",
        scopes: &scopes,
        rate_limit_per_minute: Some(1),
        ..Default::default()
    };
    store::api_keys::create(&tx, &key, &new).await.expect("a key");
    tx.finish().await.expect("committed");
    let key = key.reveal();
    for expected in [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        let (status, answer) = shared.call(&key, Method::GET, "/api/v1/dashboards/persons", "").await;
        assert_eq!(status, expected, "{answer}");
    }
}
