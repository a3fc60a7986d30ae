//! Follow-ups: a question that leans on the one before it is searched for with what it leans on, and that is kept.

use super::support::stack;
use serde_json::json;

const SEAL: &str = "How often must the shaft seal of the P-40 be replaced?";

const MANUAL: &str = "# Maintenance of the pumps\n\n\
    ## Shaft seals\n\n\
    The shaft seal of the P-40 is replaced every 8,000 operating hours.\n\n\
    The shaft seal of the P-60 is replaced every 5,000 operating hours.\n\n\
    ## Oil\n\n\
    The oil of the P-40 is changed every 2,000 operating hours, with 1.2 litres of grade 46.\n\n\
    The oil of the P-60 is changed every 1,500 operating hours, with 2.4 litres of grade 68.\n\n\
    ## Paint\n\n\
    The housing of the P-60 is painted blue. The housing of the P-40 is painted green.\n";

#[tokio::test(flavor = "multi_thread")]
async fn follow_ups_find_what_they_lean_on() {
    let shared = stack().await;
    shared.drop_bytes("demo/following/pumps.md", MANUAL.into()).await;
    shared.drop_bytes("demo/following/leave.md", LEAVE.into()).await;
    let chatbot = shared.chatbot_of("following").await;
    let session = shared.session(&chatbot).await;
    let asked = [
        (SEAL, "8,000 operating hours", None),
        ("And of the P-60?", "5,000 operating hours", Some("often shaft seal replaced And of the P-60?")),
        (
            "What about its oil?",
            "oil of the P-60",
            Some("often shaft seal replaced P-60 What about its oil?"),
        ),
        ("How many days of leave do employees get?", "24 days", None),
    ];
    for (question, expected, _) in asked {
        let answer = shared.ask(&session, question).await;
        let content = answer["message"]["content"].as_str().unwrap_or_default();
        assert!(content.contains(expected), "{question}: {answer}");
        assert_eq!(answer["abstained"], json!(false), "{question}");
        assert!(answer["timings"]["rewrite_ms"].is_u64(), "{answer}");
    }
    // The debugger shows what was searched for; the question itself is kept as it was asked.
    let admin = shared.addresses.admin_database_url.as_deref().expect("our own server");
    let database = local::database::connect(admin).await.expect("the database answers");
    let id: uuid::Uuid = session.parse().expect("an id");
    let rows = database
        .query(
            "SELECT query, rewritten_query FROM docent.retrieval_logs WHERE session_id = $1 ORDER BY id",
            &[&id],
        )
        .await
        .expect("rows");
    let logged: Vec<(&str, Option<&str>)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(logged, asked.map(|(question, _, rewritten)| (question, rewritten)));
}

const LEAVE: &str =
    "# Leave\n\nEmployees get 24 days of paid leave a year. Sick leave is reported before 9:00.\n";
