//! A chatbot's categories: written with examples, and what conversations are about from then on.

use crate::stack::support::{Shared, stack};
use domain::limits;
use http::{Method, StatusCode};
use serde_json::{Value, json};

async fn say(shared: &Shared, method: Method, path: &str, body: Value, expected: StatusCode) -> Value {
    shared.sent(&shared.addresses.api_key, method, path, &body, expected).await
}

async fn bot(shared: &Shared, name: &str) -> String {
    let made =
        say(shared, Method::POST, "/api/v1/chatbots", json!({ "name": name }), StatusCode::CREATED).await;
    made["id"].as_str().expect("an id").to_owned()
}

async fn session_after(shared: &Shared, chatbot: &str, questions: &[&str]) -> Value {
    let session = shared.session(chatbot).await;
    for question in questions {
        shared.ask(&session, question).await;
    }
    let path = format!("/api/v1/sessions/{session}");
    say(shared, Method::GET, &path, Value::Null, StatusCode::OK).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_about_what_its_question_is_nearest_to_or_it_is_not_known() {
    let shared = stack().await;
    let chatbot = bot(shared, "Categorising").await;
    let path = format!("/api/v1/chatbots/{chatbot}/categories");
    let where_is = ["Where is my parcel?", "Where is my parcel now?", "Where is the parcel that I ordered?"];
    let delivery = json!({
        "name": "Delivery", "position": 2, "examples": ["How long does delivery take?", "What does delivery cost?"],
        "intents": [{ "name": "whereabouts", "examples": where_is }],
    });
    let delivery = say(shared, Method::POST, &path, delivery, StatusCode::CREATED).await;
    assert_eq!(
        (&delivery["example_count"], &delivery["intents"][0]["name"]),
        (&json!(5), &json!("whereabouts"))
    );
    let service = json!({ "name": "Maintenance", "description": "oil, seals and filters", "position": 1,
        "examples": ["How often must the oil be changed?", "How do I change the oil of the gearbox?", "When must the oil filter be changed?"] });
    let service = say(shared, Method::POST, &path, service, StatusCode::CREATED).await;
    let listed = say(shared, Method::GET, &path, Value::Null, StatusCode::OK).await;
    let names: Vec<&str> =
        listed["items"].as_array().expect("items").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["Maintenance", "Delivery"], "in their order");
    assert!(listed["items"][0].get("examples").is_none(), "{listed}");
    let page = say(shared, Method::GET, &format!("{path}?limit=1"), Value::Null, StatusCode::OK).await;
    let cursor = page["next_cursor"].as_str().expect("one more");
    let page =
        say(shared, Method::GET, &format!("{path}?limit=1&cursor={cursor}"), Value::Null, StatusCode::OK)
            .await;
    assert_eq!((&page["items"][0]["name"], &page["next_cursor"]), (&json!("Delivery"), &Value::Null));

    let known = async |questions: &[&str]| {
        let session = session_after(shared, &chatbot, questions).await;
        (session["category"].clone(), session["intent"].clone())
    };
    assert_eq!(known(&["Where is my parcel today?"]).await, (json!("Delivery"), json!("whereabouts")));
    assert_eq!(
        known(&["How often must the oil of it be changed?"]).await,
        (json!("Maintenance"), Value::Null)
    );
    assert_eq!(known(&["Who won the football world cup in 1998?"]).await, (Value::Null, Value::Null));
    // The first question that is known names it.
    let questions = [
        "Who won the football world cup in 1998?",
        "Where is my parcel?",
        "How often must the oil be changed?",
    ];
    assert_eq!(known(&questions).await.0, "Delivery");
    // What people say it is about stays.
    let session = shared.session(&chatbot).await;
    let at = format!("/api/v1/sessions/{session}");
    say(shared, Method::PATCH, &at, json!({ "category": "By hand" }), StatusCode::OK).await;
    shared.ask(&session, "Where is my parcel?").await;
    assert_eq!(say(shared, Method::GET, &at, Value::Null, StatusCode::OK).await["category"], "By hand");
    // Another bot knows nothing of them.
    let other = bot(shared, "Categorising nothing").await;
    assert_eq!(session_after(shared, &other, &["Where is my parcel?"]).await["category"], Value::Null);

    // Changed, questions are compared with what it says now; deleted, with nothing.
    let at = format!("{path}/{}", service["id"].as_str().expect("an id"));
    let change = json!({ "name": "Service", "description": "", "examples": ["Which tyre fits my lorry?"] });
    let changed = say(shared, Method::PATCH, &at, change, StatusCode::OK).await;
    assert_eq!((&changed["description"], &changed["position"]), (&Value::Null, &json!(1)));
    assert_eq!(known(&["Which tyre fits my lorry?"]).await.0, "Service");
    assert_eq!(known(&["How often must the oil be changed?"]).await.0, Value::Null);
    say(shared, Method::DELETE, &at, Value::Null, StatusCode::NO_CONTENT).await;
    say(shared, Method::GET, &at, Value::Null, StatusCode::NOT_FOUND).await;
    assert_eq!(known(&["Which tyre fits my lorry?"]).await.0, Value::Null);
    // It is found under its own bot alone.
    let id = delivery["id"].as_str().expect("an id");
    let path = format!("/api/v1/chatbots/{other}/categories/{id}");
    for (method, body) in
        [(Method::GET, Value::Null), (Method::PATCH, json!({})), (Method::DELETE, Value::Null)]
    {
        say(shared, method, &path, body, StatusCode::NOT_FOUND).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn categories_have_edges() {
    let shared = stack().await;
    let chatbot = bot(shared, "Categories at their edges").await;
    let path = format!("/api/v1/chatbots/{chatbot}/categories");
    let examples = |count: usize| vec!["Where?"; count];
    let refused = async |body: Value, at: &str| {
        let problem = say(shared, Method::POST, &path, body, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(problem["errors"][0]["pointer"], at, "{problem}");
    };
    refused(json!({}), "/name").await;
    refused(json!({ "name": "n".repeat(limits::CATEGORY_NAME_CHARACTERS + 1) }), "/name").await;
    refused(json!({ "name": "a", "examples": examples(limits::CATEGORY_EXAMPLES + 1) }), "/examples").await;
    refused(
        json!({ "name": "a", "examples": ["e".repeat(limits::CATEGORY_EXAMPLE_CHARACTERS + 1)] }),
        "/examples/0",
    )
    .await;
    refused(json!({ "name": "a", "position": limits::CATEGORY_POSITION + 1 }), "/position").await;
    let most = json!({ "name": "n".repeat(limits::CATEGORY_NAME_CHARACTERS), "examples": examples(limits::CATEGORY_EXAMPLES) });
    say(shared, Method::POST, &path, most.clone(), StatusCode::CREATED).await;
    let problem = say(shared, Method::POST, &path, most, StatusCode::CONFLICT).await;
    assert_eq!(problem["type"], "urn:docent:error:category-taken", "{problem}");

    // As many as there may be: the others are put there by hand.
    let (bot, organization) = (chatbot.parse().expect("an id"), shared.organization_id());
    let database = store::Database::new(&shared.addresses.database_url).expect("a URL");
    let tx = database.tenant(organization).await.expect("a transaction");
    for number in 2..limits::CATEGORIES {
        let settings = store::categories::Settings { name: number.to_string(), ..Default::default() };
        store::categories::create(&tx, domain::CategoryId::generate(), bot, &settings)
            .await
            .expect("written");
    }
    tx.finish().await.expect("committed");
    say(shared, Method::POST, &path, json!({ "name": "The last" }), StatusCode::CREATED).await;
    let problem = say(shared, Method::POST, &path, json!({ "name": "One more" }), StatusCode::CONFLICT).await;
    assert_eq!(problem["type"], "urn:docent:error:too-many-categories", "{problem}");
}
