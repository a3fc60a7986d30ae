//! What is asked under a caller's own key, when the first try comes to nothing.

use answering::{Answering, Begun, Event, Refusal, Turn};
use domain::{SessionId, conversation::Question};
use futures_util::StreamExt as _;
use std::{
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use store::idempotency::Once;
use tests::{
    Organization, TestDatabase, database,
    double::{self, Said},
};

async fn answering(database: &TestDatabase) -> Arc<Answering> {
    let script = |shown: &[double::Shown]| {
        shown.iter().take(1).map(|one| Said::Text(format!("{} [{}]", one.text, one.handle))).collect()
    };
    let aws = double::aws(double::serve(script).await);
    double::answering(database, &aws)
}

fn once() -> Once {
    Once { key: "mine".into(), fingerprint: [7; 32] }
}

async fn organization(database: &TestDatabase) -> Organization {
    let acme = Organization::create(database, "acme").await;
    acme.document("d", "p40.md").saying(["Pump P-40 needs oil of grade 46."]).stored().await;
    acme
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_goes_away_may_ask_again_under_the_same_key() {
    let database = database().await;
    let acme = organization(&database).await;
    let answering = answering(&database).await;
    let session = acme.session().await;
    let question = || Question::new("Which grade of oil does pump P-40 need?").expect("a question");
    let Begun::Turn(turn) = answering.begin_once(&acme.caller(), session, once()).await.expect("let in")
    else {
        panic!("nothing was answered yet")
    };
    // Gone before the first byte was asked for.
    drop(Arc::clone(&answering).answer(*turn, question(), Instant::now()));
    let turn = let_in_again(&answering, &acme, session).await;
    // Gone after the first words.
    {
        let mut events = pin!(Arc::clone(&answering).answer(*turn, question(), Instant::now()));
        assert!(matches!(events.next().await, Some(Event::Token(_))));
    }
    let turn = let_in_again(&answering, &acme, session).await;
    let mut events = pin!(Arc::clone(&answering).answer(*turn, question(), Instant::now()));
    while let Some(event) = events.next().await {
        if let Event::Done(answer) = event {
            assert!(answer.content.contains("grade 46"), "{}", answer.content);
        }
    }
    let again = answering.begin_once(&acme.caller(), session, once()).await.expect("let in");
    let Begun::Answered(answer) = again else { panic!("now it is kept") };
    assert!(answer.citations[0].is_there, "{answer:?}");

    // The same page of what replaced the document says something else.
    acme.document("d", "p40.md").saying(["Pump P-40 needs no oil."]).stored().await;
    let again = answering.begin_once(&acme.caller(), session, once()).await.expect("let in");
    let Begun::Answered(answer) = again else { panic!("it is kept") };
    assert!(!answer.citations[0].is_there, "{answer:?}");
    let tx = acme.tx().await;
    let listed = store::messages::list(&tx, session, 0, 100).await.expect("messages");
    let cited: Vec<bool> =
        listed.iter().flat_map(|message| &message.citations).map(|cited| cited.is_there).collect();
    assert!(!cited.is_empty() && cited.iter().all(|is_there| !is_there), "{cited:?}");
}

async fn let_in_again(answering: &Answering, acme: &Organization, session: SessionId) -> Box<Turn> {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        match answering.begin_once(&acme.caller(), session, once()).await {
            Ok(Begun::Turn(turn)) => return turn,
            Ok(Begun::Answered(answer)) => panic!("nobody kept {answer:?}"),
            Err(Refusal::UnderWay) => assert!(Instant::now() < until, "the key stays taken"),
            Err(refusal) => panic!("{refusal:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_call_too_many_takes_no_key_and_every_call_counts() {
    let database = database().await;
    let Some(admin) = database.admin().await else { return };
    let acme = organization(&database).await;
    let answering = answering(&database).await;
    let session = acme.session().await;
    let limit = |calls: i32| {
        let admin = &admin;
        async move {
            let reset = "WITH gone AS (DELETE FROM docent.rate_limits) UPDATE docent.api_keys SET rate_limit_per_minute = $1";
            admin.execute(reset, &[&calls]).await.expect("set the limit");
        }
    };
    limit(1).await;
    // One that comes to nothing is a call all the same.
    let nobody = domain::SessionId::generate();
    let missing =
        answering.change_session(&acme.caller(), nobody, &store::sessions::Changes::default()).await;
    assert!(!matches!(missing, Err(Refusal::TooManyCalls(_)) | Ok(_)), "{missing:?}");
    let second = answering.begin_once(&acme.caller(), session, once()).await;
    assert!(matches!(second, Err(Refusal::TooManyCalls(_))), "{second:?}");
    limit(600).await;
    let third = answering.begin_once(&acme.caller(), session, once()).await;
    assert!(matches!(third, Ok(Begun::Turn(_))), "{third:?}");
}
