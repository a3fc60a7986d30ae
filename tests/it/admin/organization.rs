//! The organization itself: its settings are what holds.

use crate::stack::support::{Shared, file, stack};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const PATH: &str = "/api/v1/organization";

/// Another organization's key and chatbot.
async fn other(shared: &Shared, slug: &str) -> (String, String) {
    let made = shared.organization(slug).await;
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    (text("api_key"), text("chatbot_id"))
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_have_defaults_are_changed_in_part_and_keep_to_their_bounds() {
    let shared = stack().await;
    let (key, _) = other(shared, "organized").await;
    let call = async |method, body: Value, status| shared.sent(&key, method, PATH, &body, status).await;
    let known = call(Method::GET, Value::Null, StatusCode::OK).await;
    assert_eq!(
        (&known["slug"], &known["time_zone"], &known["sla_ms"]),
        (&json!("organized"), &json!("UTC"), &json!(1000))
    );
    assert_eq!(known["budgets"], json!({ "daily_tokens": null, "daily_cost": null }));
    let wish = json!({
        "name": "Organized Ltd.", "time_zone": "Asia/Bangkok", "fiscal_year_start_month": 4,
        "budgets": { "daily_tokens": 1000000, "daily_cost": "12.50" }, "pii_policy": { "messages": ["phone", "email"] },
        "retention_days": { "messages": 365, "events": null, "retrieval_logs": 30 },
    });
    let changed = call(Method::PATCH, wish, StatusCode::OK).await;
    assert_eq!((&changed["name"], &changed["time_zone"]), (&json!("Organized Ltd."), &json!("Asia/Bangkok")));
    let only = call(Method::PATCH, json!({ "sla_ms": 600000 }), StatusCode::OK).await;
    assert_eq!((&only["budgets"], &only["sla_ms"]), (&changed["budgets"], &json!(600_000)));
    assert_eq!(only["pii_policy"]["messages"], json!(["email", "phone"]));
    for (wrong, pointer) in [
        (json!({ "time_zone": "Mars/Olympus" }), "/time_zone"),
        (json!({ "sla_ms": 600001 }), "/sla_ms"),
        (json!({ "budgets": { "daily_tokens": 0, "daily_cost": null } }), "/budgets/daily_tokens"),
        (json!({ "budgets": { "daily_tokens": null, "daily_cost": "0.00" } }), "/budgets/daily_cost"),
        (json!({ "pii_policy": { "messages": ["names"] } }), "/pii_policy/messages"),
        (
            json!({ "retention_days": { "messages": 0, "events": null, "retrieval_logs": null } }),
            "/retention_days/messages",
        ),
        (json!({ "name": " " }), "/name"),
    ] {
        let problem = call(Method::PATCH, wrong.clone(), StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{wrong}: {problem}");
    }
    call(Method::PATCH, json!({ "slug": "other" }), StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(call(Method::GET, Value::Null, StatusCode::OK).await["name"], "Organized Ltd.");
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_taken_out_before_anything_is_kept() {
    let shared = stack().await;
    let (key, chatbot) = other(shared, "discreet").await;
    let policy = json!({ "pii_policy": { "messages": ["email", "card"] }, "transcript_sample_rate": 1 });
    shared.sent(&key, Method::PATCH, PATH, &policy, StatusCode::OK).await;
    let (address, card) = ("ann@example.org", "4242 4242 4242 4242");
    let question = format!("Who is {address}, and whose is {card}?");
    let open = format!("/api/v1/chatbots/{chatbot}/sessions");
    let session = shared.sent(&key, Method::POST, &open, &json!({}), StatusCode::CREATED).await;
    let messages = format!("/api/v1/sessions/{}/messages", session["id"].as_str().expect("an id"));
    let asked = json!({ "message": question });
    let answer = shared.sent(&key, Method::POST, &messages, &asked, StatusCode::OK).await;
    let kept = shared.sent(&key, Method::GET, &messages, &Value::Null, StatusCode::OK).await;
    assert_eq!(kept["items"][0]["content"], "Who is [e-mail], and whose is [card]?", "{kept}");
    let id = answer["message"]["id"].as_str().expect("an id");
    let path = format!("/api/v1/messages/{id}/retrieval");
    let retrieval = shared.sent(&key, Method::GET, &path, &Value::Null, StatusCode::OK).await;
    assert_eq!(retrieval["query"], "Who is [e-mail], and whose is [card]?");
    let edit = format!("{messages}/{}", kept["items"][0]["id"].as_str().expect("an id"));
    let other_words = json!({ "message": format!("And {address}?") });
    shared.sent(&key, Method::PATCH, &edit, &other_words, StatusCode::NO_CONTENT).await;
    let kept = shared.sent(&key, Method::GET, &messages, &Value::Null, StatusCode::OK).await;
    assert_eq!(kept["items"][0]["content"], "And [e-mail]?");
    // Nowhere in the database, whichever table it might have found its way into.
    let admin = shared.addresses.admin_database_url.as_deref().expect("a superuser");
    let admin = tests::database::connect(admin).await;
    let columns =
        "SELECT format('SELECT count(*) FROM %I.%I t WHERE t::text LIKE %L', n.nspname, c.relname, $1::text)
                     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'docent' AND c.relkind = 'r'";
    for secret in [address, card] {
        for row in admin.query(columns, &[&format!("%{secret}%")]).await.expect("tables") {
            let count: i64 = admin.query_one(row.get::<_, &str>(0), &[]).await.expect("a count").get(0);
            assert_eq!(count, 0, "{}", row.get::<_, &str>(0));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_stops_the_next_answer_and_shows_what_it_counts() {
    let shared = stack().await;
    let key = format!("{}/budgeted/pump-manual.pdf", shared.addresses.organization);
    shared.drop_bytes(&key, file("corpus", "pump-manual.pdf")).await;
    let wish = json!({ "name": "Frugal", "budget": { "daily_tokens": 1, "daily_cost": null } });
    let made = shared.admin(Method::POST, "/api/v1/chatbots", &wish, StatusCode::CREATED).await;
    let session = shared.session(made["id"].as_str().expect("an id")).await;
    let before = shared.read(PATH).await["spent_today"]["tokens"].as_i64().expect("a number");
    let answer = shared.ask(&session, "How often must the shaft seal of the P-40 be replaced?").await;
    let spent = answer["usage"]["total_tokens"].as_i64().expect("a number");
    assert!(spent > 1, "{answer}");
    let after = shared.read(PATH).await["spent_today"]["tokens"].as_i64().expect("a number");
    assert!(after >= before + spent, "{before} + {spent}: {after}");
    let path = format!("/api/v1/sessions/{session}/messages");
    let body = json!({ "message": "And the oil?" }).to_string();
    let response = shared
        .raw(&shared.addresses.api_key, Method::POST, &path, body.clone().into(), "application/json")
        .await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key("retry-after"));
    let (_, problem) = shared.call(&shared.addresses.api_key, Method::POST, &path, body.clone()).await;
    assert_eq!(problem["type"], "urn:docent:error:over-budget", "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("chatbot")), "{problem}");
    // Raised, it holds no longer.
    let bot = format!("/api/v1/chatbots/{}", made["id"].as_str().expect("an id"));
    let raised = json!({ "budget": { "daily_tokens": 100000000, "daily_cost": "5" } });
    let raised = shared.admin(Method::PATCH, &bot, &raised, StatusCode::OK).await;
    assert_eq!(raised["budget"], json!({ "daily_tokens": 100_000_000, "daily_cost": "5" }));
    shared.ask(&session, "And the oil?").await;
}
