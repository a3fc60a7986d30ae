//! How often people and end users may call, and how long a session's token is good.

use domain::{Caller, Role, Scope, limits};
use store::{
    caller::{self, Denied, Need},
    organizations,
};
use tests::{Organization, database};

/// Calls of one caller that are let in, up to the first that is not; and what that one is told.
async fn let_in(database: &store::Database, caller: &Caller, need: Need) -> (i32, u32) {
    for calls in 0.. {
        match caller::admitted(database, caller, need, async |_| Ok(())).await {
            Ok(()) => {}
            Err(Denied::TooManyCalls(exceeded)) => return (calls, exceeded.per_minute),
            Err(denied) => panic!("{denied:?}"),
        }
    }
    unreachable!("the loop returns");
}

#[tokio::test]
async fn a_person_and_a_session_have_buckets_of_their_own() {
    let database = database().await;
    let organization = Organization::create(&database, "acme").await;
    let (one, other) = (organization.session().await, organization.session().await);
    let end_user =
        |session| Caller::EndUser { organization: organization.id, chatbot: organization.chatbot, session };
    for session in [one, other] {
        let need = Need::inside(session, Scope::SessionsRead);
        let (calls, told) = let_in(&database.database, &end_user(session), need).await;
        // A second or two refill one or two.
        let most = limits::SESSION_CALLS_PER_MINUTE;
        assert!((most..most + 10).contains(&calls), "{calls}");
        assert_eq!(i32::try_from(told), Ok(most));
    }
    organization.invite(&[7; 32], Role::Client).await;
    assert!(organization.accept(&[7; 32], "ann").await);
    let ann = Caller::Person { organization: organization.id, subject: "ann".into() };
    let (calls, told) = let_in(&database.database, &ann, Scope::Search.into()).await;
    let most = limits::PERSON_CALLS_PER_MINUTE;
    assert!((most..most + most / 2).contains(&calls), "{calls}");
    assert_eq!(i32::try_from(told), Ok(most));
}

#[tokio::test]
async fn an_organization_says_how_long_a_sessions_token_is_good() {
    let database = database().await;
    let organization = Organization::create(&database, "acme").await;
    let application = database.application().await;
    application.batch_execute(&format!("SET app.organization_id = '{}'", organization.id)).await.unwrap();
    let hours = async || {
        let tx = organization.tx().await;
        organizations::get(&tx).await.unwrap().settings.session_expiry_hours
    };
    assert_eq!(hours().await, limits::SESSION_TOKEN_HOURS);
    let said = serde_json::json!({ "session_expiry_hours": 12 });
    application.execute("UPDATE docent.organizations SET settings = $1", &[&said]).await.unwrap();
    assert_eq!(hours().await, 12);
}
