//! Questions that nobody answers, as the real embedder hears them; and where lists end.

use super::CONVERSATIONS;
use crate::stack::support::{Shared, stack};
use domain::limits;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::database::connect;
use uuid::Uuid;

const CLUSTERS: &str = "/api/v1/dashboards/client-service/unanswered/clusters";

async fn clusters(shared: &Shared, key: &str) -> Value {
    shared.sent(key, Method::GET, CLUSTERS, &Value::Null, StatusCode::OK).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_says_the_same_stands_together_and_what_does_not_alone() {
    let shared = stack().await;
    let (made, others) =
        (shared.organization("behind-asked").await, shared.organization("behind-silent").await);
    let (key, chatbot) =
        (made["api_key"].as_str().expect("a key"), made["chatbot_id"].as_str().expect("an id"));
    let paraphrases = ["How can I reset my password?", "I forgot my password, how do I reset it?"];
    let unlike = "Which cities do you deliver flowers to?";
    let mut asked = BTreeSet::new();
    for question in [paraphrases[0], unlike, paraphrases[1]] {
        let path = format!("/api/v1/chatbots/{chatbot}/sessions");
        let session = shared.sent(key, Method::POST, &path, &json!({}), StatusCode::CREATED).await;
        let id = session["id"].as_str().expect("an id");
        let path = format!("/api/v1/sessions/{id}/messages");
        let answer =
            shared.sent(key, Method::POST, &path, &json!({ "message": question }), StatusCode::OK).await;
        assert_eq!(answer["abstained"], true, "nothing is known here: {answer}");
        asked.insert((id.to_owned(), question.to_owned()));
    }
    let served = clusters(shared, key).await;
    assert_eq!(served["questions"], 3, "{served}");
    let groups = served["clusters"].as_array().expect("clusters");
    let texts = |group: &Value| -> BTreeSet<String> {
        let examples = group["examples"].as_array().expect("examples");
        examples.iter().map(|one| one["question"].as_str().expect("a text").to_owned()).collect()
    };
    assert_eq!(groups.len(), 2, "{served}");
    assert_eq!((&groups[0]["count"], &groups[1]["count"]), (&json!(2), &json!(1)), "{served}");
    assert_eq!(texts(&groups[0]), paraphrases.map(str::to_owned).into());
    assert_eq!(texts(&groups[1]), [unlike.to_owned()].into());
    assert!(paraphrases.iter().any(|one| groups[0]["question"] == *one), "{served}");
    let mut shown = BTreeSet::new();
    for group in groups {
        assert_eq!(group["chatbot_ids"], json!([chatbot]));
        for example in group["examples"].as_array().expect("examples") {
            let text = |name: &str| example[name].as_str().expect("a text").to_owned();
            shown.insert((text("session_id"), text("question")));
        }
    }
    assert_eq!(shown, asked);
    // Another organization sees none of them.
    let silent = clusters(shared, others["api_key"].as_str().expect("a key")).await;
    assert_eq!((&silent["questions"], &silent["clusters"]), (&json!(0), &json!([])));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_behind_the_figures_end() {
    let shared = stack().await;
    let made = shared.organization("behind-many").await;
    let key = made["api_key"].as_str().expect("a key");
    let id = |name: &str| made[name].as_str().expect("an id").parse::<Uuid>().expect("an id");
    let client = connect(shared.stack.urls.admin.as_deref().expect("the stack's own server")).await;
    // What a foreign key deletes along is deleted as the owner, who is behind the wall.
    let inside = format!("SET app.organization_id = '{}'", id("organization_id"));
    client.batch_execute(&inside).await.expect("inside");
    client.batch_execute(CONVERSATIONS).await.expect("ids by their time");
    // Asked 1,001 times, in 25 ways; the first is the oldest.
    let asked = limits::UNANSWERED_CLUSTERED + 1;
    let ways = 25_i64;
    let session = "INSERT INTO docent.sessions (id, organization_id, chatbot_id, started_at, message_count, category)
                   SELECT pg_temp.id_at(now() - interval '2 hours'), $1, $2, now() - interval '2 hours', 2, 'Edge' RETURNING id";
    let session: Uuid = client
        .query_one(session, &[&id("organization_id"), &id("chatbot_id")])
        .await
        .expect("a session")
        .get(0);
    let messages = "INSERT INTO docent.messages (id, organization_id, session_id, sequence_number, role, content, abstained, created_at)
                    SELECT pg_temp.id_at(m.at), $1, $2, m.number, CASE WHEN m.number % 2 = 0 THEN 'assistant' ELSE 'user' END,
                           CASE WHEN m.number % 2 = 0 THEN 'No.' ELSE 'Question ' || (m.number / 2) % $4::bigint || '?' END,
                           m.number % 2 = 0, m.at
                      FROM (SELECT n::integer AS number, now() - interval '1 hour' + n * interval '1 second' AS at
                              FROM generate_series(1, 2 * $3::bigint) n) m";
    client.execute(messages, &[&id("organization_id"), &session, &asked, &ways]).await.expect("messages");
    let served = clusters(shared, key).await;
    assert_eq!(served["questions"], limits::UNANSWERED_CLUSTERED, "the newest: {served}");
    let groups = served["clusters"].as_array().expect("clusters");
    assert_eq!(groups.len(), limits::DASHBOARD_CLUSTERS, "of {ways}");
    for group in groups {
        assert_eq!(group["count"], limits::UNANSWERED_CLUSTERED / ways, "{group}");
        assert_eq!(group["examples"].as_array().map(Vec::len), Some(limits::CLUSTER_EXAMPLES), "{group}");
    }

    let intents = async |count: i64| {
        let sql = "WITH gone AS (DELETE FROM docent.sessions WHERE organization_id = $1 AND intent IS NOT NULL)
                   INSERT INTO docent.sessions (id, organization_id, chatbot_id, message_count, category, intent)
                   SELECT pg_temp.id_at(now()), $1, $2, 2, 'Many', 'Intent ' || n FROM generate_series(1, $3::bigint) n";
        client.execute(sql, &[&id("organization_id"), &id("chatbot_id"), &count]).await.expect("sessions");
        let path = "/api/v1/dashboards/category?category=Many";
        let served = shared.sent(key, Method::GET, path, &Value::Null, StatusCode::OK).await;
        served["intents"].as_array().expect("intents").len()
    };
    assert_eq!(intents(limits::DASHBOARD_INTENTS - 1).await, 49);
    assert_eq!(intents(limits::DASHBOARD_INTENTS + 1).await, 50);
}
