//! Files of sessions as the database keeps them: which passages a turn gets, how many files there may be, whose they are.

use domain::{FileId, SessionId, limits};
use language::words;
use store::{
    files::{self, NewFile, NewPassage, Object, Reading, Standing},
    sessions,
};
use tests::{Organization, database};

const ETAG: &str = "e1";

fn object() -> Object<'static> {
    Object { filename: "a.txt", etag: ETAG, size: 1, content_type: "text/plain" }
}

async fn announce(organization: &Organization, session: SessionId) -> Option<FileId> {
    let id = FileId::generate();
    let tx = organization.tx().await;
    sessions::hold(&tx, session).await.unwrap();
    let new = NewFile { id, session, filename: "a.txt", content_type: "text/plain", size: 1 };
    let created = files::create(&tx, &new).await.unwrap();
    tx.finish().await.unwrap();
    created.then_some(id)
}

/// Attaches a file that says these passages, in English.
async fn attach(organization: &Organization, session: SessionId, said: &[&str]) -> FileId {
    let id = announce(organization, session).await.expect("room for a file");
    let passages: Vec<NewPassage> = said
        .iter()
        .enumerate()
        .map(|(place, content)| NewPassage {
            id: uuid::Uuid::now_v7(),
            place: i32::try_from(place).unwrap(),
            page_number: Some(2),
            headings: vec!["Stock".into(), "May".into()],
            content: (*content).to_owned(),
            language: "en".into(),
            words: words(content),
        })
        .collect();
    let reading = Reading {
        sha256: "00",
        format: "text",
        language: "en",
        extracted_characters: 1,
        text: "a",
        data_summary: None,
        passages: &passages,
    };
    let tx = organization.tx().await;
    assert_eq!(files::begin(&tx, session, id, &object()).await.unwrap(), Standing::ToRead);
    assert!(files::complete(&tx, id, ETAG, &reading).await.unwrap());
    assert_eq!(files::begin(&tx, session, id, &object()).await.unwrap(), Standing::Settled);
    tx.finish().await.unwrap();
    id
}

async fn passages(organization: &Organization, session: SessionId, question: &str) -> Vec<files::Passage> {
    let tx = organization.tx().await;
    files::for_turn(&tx, session, &words(question), limits::FILE_PASSAGES).await.unwrap()
}

fn contents(passages: &[files::Passage]) -> Vec<&str> {
    passages.iter().map(|passage| passage.content.as_str()).collect()
}

#[tokio::test]
async fn passages_with_most_of_the_questions_words_come_first_and_the_rest_in_their_order() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let (session, other) = (acme.session().await, acme.session().await);
    let first =
        attach(&acme, session, &["Bolts are grey.", "Seals of pumps are black.", "Hoses are green."]).await;
    attach(&acme, session, &["The pump is blue."]).await;
    attach(&acme, other, &["The seal of the pump is pink."]).await;
    let found = passages(&acme, session, "Which colour has the seal of the pump?").await;
    assert_eq!(
        contents(&found),
        ["Seals of pumps are black.", "The pump is blue.", "Bolts are grey.", "Hoses are green."]
    );
    assert_eq!((found[0].file, found[0].page), (first, Some(2)));
    assert_eq!(found[0].headings, ["Stock", "May"]);
    assert!(found[0].coverage > found[1].coverage && found[1].coverage > 0.0 && found[2].coverage == 0.0);
    assert!(found[0].coverage < 1.0, "it says nothing of a colour");
    // No word of it stands anywhere: all there is, in its order.
    let found = passages(&acme, session, "Why?").await;
    assert_eq!(found.len(), 4);
    assert!(found.iter().all(|passage| passage.coverage == 0.0));
}

#[tokio::test]
async fn a_turn_gets_so_many_passages_and_no_more() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let session = acme.session().await;
    let most = usize::try_from(limits::FILE_PASSAGES).unwrap();
    let said: Vec<String> = (0..=most).map(|number| format!("Bolt {number} is grey.")).collect();
    attach(&acme, session, &said.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let last = format!("What is bolt {most}?");
    let found = passages(&acme, session, &last).await;
    assert_eq!((found.len(), found[0].content.as_str()), (most, said[most].as_str()));
}

#[tokio::test]
async fn what_was_announced_long_ago_and_never_came_makes_room() {
    let database = database().await;
    let acme = Organization::create(&database, "acme").await;
    let session = acme.session().await;
    for _ in 0..limits::SESSION_FILES {
        announce(&acme, session).await.expect("room");
    }
    assert_eq!(announce(&acme, session).await, None);
    let client = database.application().await;
    let age = |hours: i32| {
        format!(
            "SET app.organization_id = '{}'; UPDATE docent.files SET created_at = now() - interval '{hours} hours'",
            acme.id
        )
    };
    client.batch_execute(&age(limits::FILE_UPLOAD_HOURS - 1)).await.unwrap();
    assert_eq!(announce(&acme, session).await, None);
    client.batch_execute(&age(limits::FILE_UPLOAD_HOURS + 1)).await.unwrap();
    let id = announce(&acme, session).await.expect("room again");
    let tx = acme.tx().await;
    let left: Vec<FileId> = files::list(&tx, session).await.unwrap().iter().map(|file| file.id).collect();
    assert_eq!(left, [id]);
}

#[tokio::test]
async fn files_stay_at_home() {
    let database = database().await;
    let (acme, globex) =
        (Organization::create(&database, "acme").await, Organization::create(&database, "globex").await);
    let session = globex.session().await;
    let id = attach(&globex, session, &["The seal is black."]).await;
    assert!(passages(&acme, session, "Which seal is black?").await.is_empty());
    let tx = acme.tx().await;
    assert!(sessions::hold(&tx, session).await.unwrap().is_none());
    assert!(files::list(&tx, session).await.unwrap().is_empty());
    assert!(files::get(&tx, session, id).await.unwrap().is_none());
    assert!(files::known(&tx, &[id.0]).await.unwrap().is_empty());
    assert_eq!(files::begin(&tx, session, id, &object()).await.unwrap(), Standing::Missing);
    let why = domain::Failure::new(domain::FailureCode::Internal, "not theirs");
    assert!(!files::fail(&tx, id, ETAG, &why).await.unwrap());
    assert!(!files::delete(&tx, session, id).await.unwrap());
    tx.finish().await.unwrap();
    assert_eq!(contents(&passages(&globex, session, "Which seal is black?").await), ["The seal is black."]);
    // Nor can one be put into another's session.
    let tx = acme.tx().await;
    let new =
        NewFile { id: FileId::generate(), session, filename: "a.txt", content_type: "text/plain", size: 1 };
    assert!(matches!(files::create(&tx, &new).await.unwrap_err(), store::Error::Refused { .. }));
}
