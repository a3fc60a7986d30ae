//! Sessions and messages under concurrency, and what is kept of people.

use domain::{MessageId, conversation::Platform};
use std::collections::BTreeSet;
use store::{
    messages,
    sessions::{self, Opening},
};
use tests::{Organization, database};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_of_concurrent_turns_have_no_gaps() {
    const EACH: usize = 50;
    let database = database().await;
    let organization = Organization::create(&database, "acme").await;
    let session = organization.session().await;
    let append = async || {
        for _ in 0..EACH {
            let tx = organization.tx().await;
            messages::append_user(&tx, session, MessageId::generate(), "hello", &[]).await.unwrap();
            tx.finish().await.unwrap();
        }
    };
    // A turn that breaks off in the middle leaves no hole either.
    let break_off = async || {
        for _ in 0..EACH {
            let tx = organization.tx().await;
            messages::append_user(&tx, session, MessageId::generate(), "never mind", &[]).await.unwrap();
            drop(tx);
        }
    };
    tokio::join!(append(), append(), break_off());

    let tx = organization.tx().await;
    let listed = messages::list(&tx, session, 0, 1000).await.unwrap();
    let numbers: Vec<usize> =
        listed.iter().map(|message| usize::try_from(message.sequence).unwrap()).collect();
    assert_eq!(numbers, (1..=2 * EACH).collect::<Vec<_>>());
    let ids: BTreeSet<MessageId> = listed.iter().map(|message| message.id).collect();
    assert_eq!(ids.len(), 2 * EACH);
    let session = sessions::get(&tx, session).await.unwrap().unwrap();
    assert_eq!(usize::try_from(session.message_count).unwrap(), 2 * EACH);
}

#[tokio::test]
async fn a_person_is_kept_as_a_hash_alone() {
    let database = database().await;
    let organization = Organization::create(&database, "acme").await;
    let opening = Opening {
        user_identifier_hash: Some(vec![7; 32]),
        external_client_hash: Some(vec![8; 32]),
        ..Opening::of(organization.chatbot, Platform::Widget)
    };
    let tx = organization.tx().await;
    sessions::open(&tx, domain::SessionId::generate(), &opening).await.unwrap().unwrap();
    tx.finish().await.unwrap();
    let client = database.application().await;
    client.batch_execute(&format!("SET app.organization_id = '{}'", organization.id)).await.unwrap();
    let row = client.query_one("SELECT to_jsonb(s) FROM docent.sessions s", &[]).await.unwrap();
    let row: serde_json::Value = row.get(0);
    assert_eq!(row["user_identifier_hash"], format!("\\x{}", "07".repeat(32)));
    assert_eq!(row["external_client_hash"], format!("\\x{}", "08".repeat(32)));
    assert!(
        row["user_identifier_ciphertext"].is_null() && row["external_client_ciphertext"].is_null(),
        "{row}"
    );
}

#[tokio::test]
async fn a_session_of_yesterday_is_expired_when_it_is_read() {
    let database = database().await;
    let organization = Organization::create(&database, "acme").await;
    let session = organization.session().await;
    let client = database.application().await;
    client.batch_execute(&format!(
        "SET app.organization_id = '{}'; UPDATE docent.sessions SET last_activity_at = now() - interval '25 hours'",
        organization.id
    )).await.unwrap();
    let tx = organization.tx().await;
    assert_eq!(sessions::get(&tx, session).await.unwrap().unwrap().status, "expired");
    assert_eq!(sessions::turn_context(&tx, session).await.unwrap().unwrap().status, "expired");
}

#[tokio::test]
async fn a_session_expires_at_read_when_its_organization_says() {
    let database = database().await;
    let organization = Organization::create(&database, "acme").await;
    let session = organization.session().await;
    let client = database.application().await;
    client.batch_execute(&format!(
        "SET app.organization_id = '{}'; UPDATE docent.sessions SET last_activity_at = now() - interval '3 hours'",
        organization.id
    )).await.unwrap();
    let Some(admin) = database.admin().await else { return };
    let set = "UPDATE docent.organizations SET settings = settings || jsonb_build_object('session_expiry_hours', $1::integer)";
    for (hours, status) in [(2, "expired"), (4, "active"), (8_760, "active"), (1, "expired")] {
        admin.execute(set, &[&hours]).await.unwrap();
        let tx = organization.tx().await;
        assert_eq!(sessions::get(&tx, session).await.unwrap().unwrap().status, status, "{hours}");
        assert_eq!(sessions::turn_context(&tx, session).await.unwrap().unwrap().status, status, "{hours}");
        assert_eq!(sessions::hold(&tx, session).await.unwrap().as_deref(), Some(status), "{hours}");
        let which = sessions::Which { status: Some(status.to_owned()), ..sessions::Which::default() };
        assert_eq!(sessions::list(&tx, &which, 10).await.unwrap().len(), 1, "{hours}");
        tx.finish().await.unwrap();
    }
}

#[tokio::test]
async fn a_system_prompts_variables_are_filled_when_a_turn_begins() {
    let database = database().await;
    let organization = Organization::create(&database, "acme").await;
    let Some(admin) = database.admin().await else { return };
    let prompt = "You are {{chatbot}} of {{organization}} on {{ today }}.";
    admin
        .execute("UPDATE docent.config_versions SET system_prompt = $1", &[&prompt])
        .await
        .expect("set a prompt");
    let names = "SELECT c.name, o.name, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')
                   FROM docent.chatbots c JOIN docent.organizations o ON o.id = c.organization_id";
    let row = admin.query_one(names, &[]).await.expect("names");
    let (chatbot, name, today): (String, String, String) = (row.get(0), row.get(1), row.get(2));
    let session = organization.session().await;
    let tx = organization.tx().await;
    let context = sessions::turn_context(&tx, session).await.expect("read").expect("a session");
    assert_eq!(context.config.system_prompt, format!("You are {chatbot} of {name} on {today}."));
}
