//! A replay and the day's budget: it stops within a question, says so, and goes on when there is a budget again.

use super::replaying::{first_passage, outcome, pump, waiting};
use insight::replay::{Progress, Replaying, affordable};
use queue::Task;
use store::replays;
use tests::{Organization, TestDatabase, database, double};
use tokio_postgres::Client;

/// A connection of the application inside an organization.
async fn inside(database: &TestDatabase, acme: &Organization) -> Client {
    let client = database.application().await;
    client.batch_execute(&format!("SET app.organization_id = '{}'", acme.id)).await.expect("inside");
    client
}

async fn replay(acme: &Organization, id: domain::ReplayId) -> replays::Replay {
    let tx = acme.tx().await;
    replays::get(&tx, id).await.expect("read").expect("there")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_stops_within_a_question_and_goes_on_when_there_is_a_budget_again() {
    let database = database().await;
    let (acme, versions) = pump(&database).await;
    let client = inside(&database, &acme).await;
    let (address, asked) = double::recording(first_passage).await;
    let replaying = Replaying {
        database: database.database.clone(),
        answering: double::answering(&database, &double::aws(address)),
    };
    let calls = || std::mem::take(&mut *asked.lock().expect("not poisoned")).len();
    let undisturbed = waiting(&acme, versions).await;
    assert_eq!(replaying.work(acme.id, undisturbed).await.expect("worked"), Progress::Ended);
    let expected = outcome(&acme, undisturbed).await;
    assert_eq!((expected.0.as_str(), calls()), ("completed", 6));
    let spent = async || {
        let sql = "SELECT coalesce(sum(tokens), 0)::bigint FROM docent.budgets WHERE subject_id = $1";
        client.query_one(sql, &[&acme.chatbot.0]).await.expect("spent").get::<_, i64>(0)
    };
    assert_eq!(spent().await, 0, "what is not limited is not counted");

    // A single token: the first question may be asked, no second one.
    client.batch_execute("UPDATE docent.chatbots SET daily_tokens = 1").await.expect("a budget");
    let id = waiting(&acme, versions).await;
    assert_eq!(replaying.work(acme.id, id).await.expect("worked"), Progress::Paused);
    assert_eq!(calls(), 2, "one question, by both versions");
    let paused = replay(&acme, id).await;
    assert_eq!((paused.status.as_str(), paused.done, paused.completed_at), ("paused", 1, None));
    assert!(paused.error.as_deref().is_some_and(|why| why.contains("budget is used up")), "{paused:?}");
    let first_day = spent().await;
    assert!(first_day > 1, "{first_day}");

    // While nothing is left nothing goes on: not what is delivered again, not what is asked for.
    assert_eq!(replaying.work(acme.id, id).await.expect("looked"), Progress::Ended);
    assert_eq!(affordable(&database.database, acme.id).await.expect("looked"), []);
    let tx = acme.tx().await;
    assert!(replays::resume(&tx, id).await.expect("resumed"));
    tx.finish().await.expect("committed");
    assert_eq!(replaying.work(acme.id, id).await.expect("worked"), Progress::Paused);
    assert_eq!((calls(), replay(&acme, id).await.done), (0, 1));

    // Another day: the next question.
    client.batch_execute("UPDATE docent.budgets SET day = day - 1").await.expect("a day passes");
    let tasks = affordable(&database.database, acme.id).await.expect("looked");
    assert!(
        matches!(tasks[..], [Task::Replay { organization_id, replay_id }] if organization_id == acme.id && replay_id == id)
    );
    assert_eq!(affordable(&database.database, acme.id).await.expect("looked"), [], "it waits no more");
    assert_eq!(replay(&acme, id).await.error, None);
    assert_eq!(replaying.work(acme.id, id).await.expect("worked"), Progress::Paused);
    assert_eq!((calls(), replay(&acme, id).await.done), (2, 2));

    // The budget is raised: the last one, and the same figures as undisturbed.
    client.batch_execute("UPDATE docent.chatbots SET daily_tokens = 1000000").await.expect("a budget");
    let tx = acme.tx().await;
    assert!(replays::resume(&tx, id).await.expect("resumed"));
    tx.finish().await.expect("committed");
    assert_eq!(replaying.work(acme.id, id).await.expect("worked"), Progress::Ended);
    assert_eq!((calls(), outcome(&acme, id).await), (2, expected));
    let tx = acme.tx().await;
    assert!(!replays::resume(&tx, id).await.expect("looked"), "what is completed stays so");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_spend_meanwhile_stops_it_too() {
    let database = database().await;
    let (acme, versions) = pump(&database).await;
    let client = inside(&database, &acme).await;
    let slow = double::slow(double::Pace { pieces: 4, pause: std::time::Duration::from_millis(150) }).await;
    let replaying = Replaying {
        database: database.database.clone(),
        answering: double::answering(&database, &double::aws(slow)),
    };
    let id = waiting(&acme, versions).await;
    // While the first question is answered the organization gets a budget, which is spent at once.
    let others = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let sql =
            "UPDATE docent.organizations SET settings = settings || '{\"budgets\": {\"daily_tokens\": 10}}'";
        client.batch_execute(sql).await.expect("a budget");
        client.execute("SELECT docent.spend($1, 10, 0)", &[&acme.chatbot.0]).await.expect("spent");
    };
    let (went, ()) = tokio::join!(replaying.work(acme.id, id), others);
    assert_eq!(went.expect("worked"), Progress::Paused);
    assert!(replay(&acme, id).await.done <= 1, "no second question");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_whose_message_was_never_sent_is_told_of_again() {
    let database = database().await;
    let Some(admin) = database.admin().await else { return };
    let (acme, versions) = pump(&database).await;
    // Nobody's touch is noted on this connection.
    admin.batch_execute("SET session_replication_role = replica").await.expect("a superuser");
    let untouched = async |seconds: f64, held: f64| {
        let sql = "UPDATE docent.replays SET updated_at = now() - make_interval(secs => $1),
                          worked_until = now() + make_interval(secs => $2)";
        admin.execute(sql, &[&seconds, &held]).await.expect("time passes");
    };
    let id = waiting(&acme, versions).await;
    let look = async || affordable(&database.database, acme.id).await.expect("looked");
    let again = [Task::Replay { organization_id: acme.id, replay_id: id }];
    let edge = domain::limits::REPLAY_FORGOTTEN_SECONDS;
    assert_eq!(look().await, [], "its message is on its way");
    untouched(edge - 30.0, -60.0).await;
    assert_eq!(look().await, [], "it may still be");
    untouched(edge + 1.0, 60.0).await;
    assert_eq!(look().await, [], "somebody has it");
    untouched(edge + 1.0, -60.0).await;
    assert_eq!(look().await, again);
    assert_eq!(look().await, [], "once");
    assert_eq!((replay(&acme, id).await.status.as_str(), replay(&acme, id).await.done), ("queued", 0));
}
