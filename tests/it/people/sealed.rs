//! Who talks and who is invited, through the real stack: readable by whoever may, by nobody else, and in the database by nobody.

use super::text;
use crate::stack::support::stack;
use domain::{Role, limits};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::process::Command;
use tests::issuer::Verified;

const INVITATIONS: &str = "/api/v1/invitations";
/// In upper case as well, so that no hash's normal form is taken for it.
const PERSON: &str = "Sealed-Canary-Person";
const CLIENT: &str = "Sealed-Canary-Client";

#[tokio::test(flavor = "multi_thread")]
async fn who_talks_is_told_to_whoever_looks_after_sessions() {
    let shared = stack().await;
    let made = shared.organization("sealed-talk").await;
    let (key, chatbot) = (text(&made, "api_key"), text(&made, "chatbot_id"));
    let open = format!("/api/v1/chatbots/{chatbot}/sessions");
    let said = json!({ "user_identifier": PERSON, "external_client_id": CLIENT });
    let session = shared.sent(key, Method::POST, &open, &said, StatusCode::CREATED).await;
    assert!(!session.to_string().contains("Canary"), "{session}");
    let path = format!("/api/v1/sessions/{}", text(&session, "id"));
    let read = async |who: &str| shared.sent(who, Method::GET, &path, &Value::Null, StatusCode::OK).await;
    let told = read(key).await;
    assert_eq!(
        (text(&told, "user_identifier"), text(&told, "external_client_id")),
        (PERSON, CLIENT),
        "{told}"
    );
    let end_user = read(text(&session, "token")).await;
    assert!(end_user["user_identifier"].is_null() && !end_user.to_string().contains("Canary"), "{end_user}");

    // A person who may only chat reads the session that they opened, without what they may not read elsewhere.
    let wish = json!({ "email": "sealed-cleo@example.org", "role": Role::Client.as_str() });
    shared.sent(key, Method::POST, INVITATIONS, &wish, StatusCode::CREATED).await;
    let cleo = shared.issuer.token("sealed-cleo", "sealed-cleo@example.org", Verified::Yes);
    assert!(!Role::Client.scopes().contains(&domain::Scope::SessionsRead), "a role that may not");
    let hers = shared.sent(&cleo, Method::POST, &open, &said, StatusCode::CREATED).await;
    let path = format!("/api/v1/sessions/{}", text(&hers, "id"));
    let told = shared.sent(&cleo, Method::GET, &path, &Value::Null, StatusCode::OK).await;
    assert!(told["user_identifier"].is_null(), "{told}");

    for (field, most) in [("user_identifier", limits::IDENTIFIER_CHARACTERS), ("external_client_id", 255)] {
        let just = json!({ field: "ก".repeat(most) });
        let session = shared.sent(key, Method::POST, &open, &just, StatusCode::CREATED).await;
        let path = format!("/api/v1/sessions/{}", text(&session, "id"));
        let told = shared.sent(key, Method::GET, &path, &Value::Null, StatusCode::OK).await;
        assert_eq!(told[field], just[field]);
        let over = json!({ field: "ก".repeat(most + 1) });
        let refused = shared.sent(key, Method::POST, &open, &over, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(refused["errors"][0]["pointer"], format!("/{field}"), "{refused}");
    }

    let sql = "SELECT count(*) FROM docent.sessions s WHERE s::text ILIKE '%sealed-canary%'
               OR s::text ILIKE '%' || encode('Sealed-Canary', 'hex') || '%'";
    let Some(admin) = shared.addresses.admin_database_url.as_deref() else { return };
    let admin = tests::database::connect(admin).await;
    assert_eq!(admin.query_one(sql, &[]).await.expect("counted").get::<_, i64>(0), 0);
    for function in ["chat", "admin"] {
        assert!(!shared.log(function).contains("Sealed-Canary"), "the log of {function}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_replaces_a_data_key_while_everybody_reads() {
    let shared = stack().await;
    let made = shared.organization("sealed-rotate").await;
    let key = text(&made, "api_key");
    let wish = json!({ "email": "sealed-rota@example.org", "role": "viewer" });
    shared.sent(key, Method::POST, INVITATIONS, &wish, StatusCode::CREATED).await;
    let open = format!("/api/v1/chatbots/{}/sessions", text(&made, "chatbot_id"));
    let said = json!({ "user_identifier": PERSON, "external_client_id": CLIENT });
    let session = shared.sent(key, Method::POST, &open, &said, StatusCode::CREATED).await;
    let rotate = |slug: &str| {
        let mut command = Command::new(&shared.program);
        command.arg("--data").arg(shared.folder()).args(["organization", "rotate-key", slug]);
        let output = command.output().expect("local runs");
        (
            output.status.success(),
            String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    };
    let (is_well, told) = rotate("sealed-rotate");
    assert!(
        is_well && told.starts_with("sealed-rotate has another data key; 3 values were sealed anew."),
        "{told}"
    );
    let listed = shared.sent(key, Method::GET, INVITATIONS, &Value::Null, StatusCode::OK).await;
    assert_eq!(text(&listed["items"][0], "email"), "sealed-rota@example.org", "{listed}");
    let path = format!("/api/v1/sessions/{}", text(&session, "id"));
    let told = shared.sent(key, Method::GET, &path, &Value::Null, StatusCode::OK).await;
    assert_eq!(
        (text(&told, "user_identifier"), text(&told, "external_client_id")),
        (PERSON, CLIENT),
        "{told}"
    );
    let (is_well, told) = rotate("sealed-nobody");
    assert!(!is_well && told.contains("there is no organization \"sealed-nobody\""), "{told}");

    let Some(admin) = shared.addresses.admin_database_url.as_deref() else { return };
    let admin = tests::database::connect(admin).await;
    let sql = "SELECT count(*) FROM docent.events e JOIN docent.organizations o ON o.id = e.organization_id
                WHERE o.slug = 'sealed-rotate' AND e.event_category = 'audit' AND e.event_type = 'addresses_read'
                  AND e.payload->>'column' = 'invitations.email' AND jsonb_array_length(e.payload->'rows') = 1";
    assert_eq!(admin.query_one(sql, &[]).await.expect("counted").get::<_, i64>(0), 1, "who read it is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_key_does_not_open_nobody_is_invited_and_everybody_is_answered() {
    let shared = stack().await;
    let made = shared.organization("sealed-broken").await;
    let (key, chatbot) = (text(&made, "api_key"), text(&made, "chatbot_id"));
    let Some(admin) = shared.addresses.admin_database_url.as_deref() else { return };
    let admin = tests::database::connect(admin).await;
    // A data key that KMS does not open.
    let sql = "INSERT INTO docent.data_keys (id, organization_id, sealed, kms_key_arn)
               VALUES (gen_random_uuid(), $1::text::uuid, 'broken', 'arn:aws:kms:us-east-1:000000000000:key/VaultKey')";
    admin.execute(sql, &[&text(&made, "organization_id")]).await.expect("a broken key");
    let wish = json!({ "email": "sealed-bea@example.org", "role": "viewer" });
    let refused = shared.sent(key, Method::POST, INVITATIONS, &wish, StatusCode::SERVICE_UNAVAILABLE).await;
    assert_eq!(refused["type"], "urn:docent:error:key-unavailable", "{refused}");
    let listed = shared.sent(key, Method::GET, INVITATIONS, &Value::Null, StatusCode::OK).await;
    assert_eq!(listed["items"], json!([]), "nothing was changed");
    let open = format!("/api/v1/chatbots/{chatbot}/sessions");
    let said = json!({ "user_identifier": PERSON });
    let session = shared.sent(key, Method::POST, &open, &said, StatusCode::CREATED).await;
    let ask = format!("/api/v1/sessions/{}/messages", text(&session, "id"));
    let question = json!({ "message": "Is anybody there?" });
    shared.sent(text(&session, "token"), Method::POST, &ask, &question, StatusCode::OK).await;
    let path = format!("/api/v1/sessions/{}", text(&session, "id"));
    let told = shared.sent(key, Method::GET, &path, &Value::Null, StatusCode::OK).await;
    assert!(told["user_identifier"].is_null(), "{told}");
}
