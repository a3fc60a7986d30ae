//! The migrator: repeatable, one at a time, and honest about edited files.

use jiff::{ToSpan as _, Zoned, tz::TimeZone};
use store::migrator::migrate;
use tests::database::{MODEL, TestDatabase, database, empty_database, target};

async fn run(database: &TestDatabase) -> anyhow::Result<Vec<String>> {
    migrate(&store::Database::owner(&database.owner_url)?, &target(&database.application_url)).await
}

#[tokio::test]
async fn two_migrators_at_once_do_the_work_once() {
    let database = empty_database().await;
    let (first, second) = tokio::join!(run(&database), run(&database));
    let (mut first, second) = (first.unwrap(), second.unwrap());
    assert!(first.is_empty() != second.is_empty(), "{first:?} and {second:?}");
    first.extend(second);
    let files = tests::repository::files("migrations", "sql");
    let names: Vec<&str> = files.iter().map(|path| path.trim_start_matches("migrations/")).collect();
    assert_eq!(first, names);
    assert_eq!(run(&database).await.unwrap(), Vec::<String>::new(), "a third time there is nothing to do");

    let owner = database.owner().await;
    let row = owner
        .query_one(
            "SELECT count(*), max(dimension) FROM docent.embedding_spaces WHERE model_id = $1",
            &[&MODEL],
        )
        .await
        .unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i32>(1)), (1, 384), "one space, however often");
}

#[tokio::test]
async fn an_edited_file_is_refused_by_its_name() {
    let database = database().await;
    let owner = database.owner().await;
    let edit = "UPDATE docent.migrations SET checksum = '\\x00' WHERE name = '0003_documents.sql'";
    assert_eq!(owner.execute(edit, &[]).await.unwrap(), 1);
    let error = run(&database).await.unwrap_err();
    assert!(
        error.to_string().starts_with("migration 0003_documents.sql was edited after it was applied"),
        "{error:#}"
    );
}

#[tokio::test]
async fn this_month_and_the_next_are_there() {
    let database = database().await;
    let owner = database.owner().await;
    let now = Zoned::now().with_time_zone(TimeZone::UTC);
    for month in [now.clone(), now.checked_add(1.month()).unwrap()] {
        for parent in ["messages", "citations", "retrieval_logs", "events"] {
            let name = format!("docent.{parent}_{}", month.strftime("%Y_%m"));
            let row = owner.query_one("SELECT to_regclass($1) IS NOT NULL", &[&name]).await.unwrap();
            assert!(row.get::<_, bool>(0), "{name}");
        }
    }
}

#[tokio::test]
async fn a_row_of_now_lands_in_its_month_and_not_in_the_default() {
    let database = database().await;
    let organization = tests::Organization::create(&database, "acme").await;
    let session = organization.session().await;
    let tx = organization.tx().await;
    store::messages::append_user(&tx, session, domain::MessageId::generate(), "hello", &[]).await.unwrap();
    tx.finish().await.unwrap();
    let Some(admin) = database.admin().await else { return };
    let row = admin.query_one("SELECT tableoid::regclass::text FROM docent.messages", &[]).await.unwrap();
    let expected = Zoned::now().with_time_zone(TimeZone::UTC).strftime("docent.messages_%Y_%m").to_string();
    assert_eq!(row.get::<_, String>(0), expected);
}

#[tokio::test]
async fn the_wrong_role_or_no_password_is_refused_in_words() {
    let database = empty_database().await;
    let owner = store::Database::owner(&database.owner_url).unwrap();
    let error = migrate(&owner, &target("postgres://neondb_owner:a@127.0.0.1/neondb")).await.unwrap_err();
    assert!(error.to_string().contains("must connect as docent_app"), "{error:#}");
    let error = migrate(&owner, &target("postgres://docent_app@127.0.0.1/neondb")).await.unwrap_err();
    assert!(error.to_string().contains("has no password"), "{error:#}");
}
