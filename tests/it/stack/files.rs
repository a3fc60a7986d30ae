//! Files that are attached to a session: read, cited, kept to their session, taken back.

use super::{
    asking::manual,
    support::{Shared, file, stack},
};
use crate::admin::uploads::send;
use domain::{FileId, FileKey, OrganizationId, SessionId, limits};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

const PRICES: &str = "Part,Price,Note\n\
                      Lantern L-7,88.40,The lantern L-7 costs 88.40 euros.\n\
                      Lantern L-9,112.00,The lantern L-9 is sold out until spring.\n";
const COSTS: &str = "How much does the lantern L-7 cost?";

impl Shared {
    async fn announce(&self, session: &str, filename: &str, size: usize) -> (StatusCode, Value) {
        let path = format!("/api/v1/sessions/{session}/files");
        let body = json!({ "filename": filename, "size": size, "content_type": "text/plain" });
        self.call(&self.addresses.api_key, Method::POST, &path, body.to_string()).await
    }

    /// Attaches a file; its state once it is settled.
    async fn attach(&self, session: &str, filename: &str, bytes: &[u8]) -> Value {
        let (status, form) = self.announce(session, filename, bytes.len()).await;
        assert_eq!(status, StatusCode::CREATED, "{form}");
        let (status, said) = send(&form, &[], bytes).await;
        assert_eq!(status, StatusCode::CREATED, "{said}");
        let path = format!("/api/v1/sessions/{session}/files/{}", form["id"].as_str().expect("an id"));
        let settled = async {
            loop {
                let (status, file) = self.call(&self.addresses.api_key, Method::GET, &path, "").await;
                assert_eq!(status, StatusCode::OK, "{file}");
                if matches!(file["status"].as_str(), Some("completed" | "failed")) {
                    return file;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let settled = tokio::time::timeout(Duration::from_secs(120), settled).await;
        settled.unwrap_or_else(|_| panic!("{filename} does not end: {}", self.log("ingest")))
    }

    async fn is_there(&self, key: &str) -> bool {
        let s3 = local::client::s3(&self.addresses);
        s3.head_object().bucket(&self.addresses.bucket).key(key).send().await.is_ok()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_answers_in_its_session_in_no_other_and_no_longer_than_it_is_attached() {
    let shared = stack().await;
    let chatbot = manual("files-csv").await;
    let session = shared.session(&chatbot).await;
    let attached = shared.attach(&session, "ราคา 2026.csv", PRICES.as_bytes()).await;
    assert_eq!(
        (&attached["status"], &attached["format"]),
        (&json!("completed"), &json!("csv")),
        "{attached}"
    );
    assert!(attached["text"].as_str().is_some_and(|text| text.contains("Lantern L-7 | 88.40")), "{attached}");
    let table = &attached["data_summary"]["tables"][0];
    assert_eq!((&table["rows"], &table["column_count"]), (&json!(2), &json!(3)), "{table}");
    let price = &table["columns"][1];
    for (name, value) in [
        ("name", json!("Price")),
        ("type", json!("decimal")),
        ("count", json!(2)),
        ("distinct", json!(2)),
        ("min", json!("88.40")),
        ("max", json!("112.00")),
        ("examples", json!(["88.40", "112.00"])),
    ] {
        assert_eq!(price[name], value, "{name}: {price}");
    }

    let answer = shared.ask(&session, COSTS).await;
    assert!(answer["message"]["content"].as_str().is_some_and(|said| said.contains("88.40")), "{answer}");
    let cited = &answer["citations"][0];
    assert_eq!((&cited["file_id"], &cited["document_title"]), (&attached["id"], &json!("ราคา 2026.csv")));
    assert!(cited["quoted_span"].as_str().is_some_and(|span| span.contains("88.40")), "{cited}");
    assert_eq!(
        (&cited["document_id"], &cited["chunk_id"], &cited["url"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    // The model was given it, and the log of the search says so.
    let path = format!("/api/v1/messages/{}/retrieval", answer["message"]["id"].as_str().expect("an id"));
    let (_, log) = shared.call(&shared.addresses.api_key, Method::GET, &path, "").await;
    let logged = log["passages"]
        .as_array()
        .expect("passages")
        .iter()
        .find(|one| one["markers"].as_array().is_some_and(|marks| marks.contains(&json!(1))));
    let logged = logged.unwrap_or_else(|| panic!("{log}"));
    assert_eq!((&logged["file_id"], &logged["in_prompt"]), (&attached["id"], &json!(true)), "{logged}");
    // It is kept as it was said.
    let path = format!("/api/v1/sessions/{session}/messages");
    let (_, kept) = shared.call(&shared.addresses.api_key, Method::GET, &path, "").await;
    assert_eq!(kept["items"][1]["citations"][0], *cited, "{kept}");

    let other = shared.session(&chatbot).await;
    let elsewhere = shared.ask(&other, COSTS).await;
    assert_eq!(elsewhere["abstained"], json!(true), "{elsewhere}");
    let found = shared.client().await.search("lantern L-7 costs", None, Some(50)).await.expect("searched");
    assert!(!found.to_string().contains("88.40"), "{found}");

    let path = format!("/api/v1/sessions/{session}/files/{}", attached["id"].as_str().expect("an id"));
    let (status, _) = shared.call(&shared.addresses.api_key, Method::DELETE, &path, "").await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, _) = shared.call(&shared.addresses.api_key, Method::GET, &path, "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let after = shared.ask(&session, COSTS).await;
    assert_eq!(after["abstained"], json!(true), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_is_cited_by_its_page_and_documents_are_still_found_beside_it() {
    let shared = stack().await;
    let text = b"The canteen of the workshop opens at a quarter past eleven.".to_vec();
    shared.drop_bytes("demo/files-pdf/canteen.txt", text).await;
    let chatbot = shared.chatbot_of("files-pdf").await;
    let session = shared.session(&chatbot).await;
    let attached = shared.attach(&session, "manual.pdf", &file("corpus", "pump-manual.pdf")).await;
    assert_eq!(
        (&attached["status"], &attached["format"]),
        (&json!("completed"), &json!("pdf")),
        "{attached}"
    );
    assert_eq!(attached["data_summary"], Value::Null);

    let answer = shared.ask(&session, "How often must the shaft seal of the P-40 be replaced?").await;
    assert!(answer["message"]["content"].as_str().is_some_and(|said| said.contains("8,000")), "{answer}");
    let cited = &answer["citations"][0];
    assert_eq!((&cited["file_id"], &cited["page_number"]), (&attached["id"], &json!(6)), "{cited}");

    let answer = shared.ask(&session, "When does the canteen of the workshop open?").await;
    let cited = &answer["citations"][0];
    assert_eq!(
        (&cited["document_key"], &cited["file_id"]),
        (&json!("demo/files-pdf/canteen.txt"), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_says_why_and_disturbs_nobody() {
    let shared = stack().await;
    let chatbot = manual("files-bad").await;
    let session = shared.session(&chatbot).await;
    let attached = shared.attach(&session, "binary.txt", &file("bad", "binary.txt")).await;
    assert_eq!(attached["status"], json!("failed"), "{attached}");
    assert_eq!(attached["failure"]["code"], json!("unsupported_format"), "{attached}");
    assert!(attached["failure"]["detail"].as_str().is_some_and(|detail| detail.len() > 20), "{attached}");
    let answer = shared.ask(&session, "How often must the shaft seal of the P-40 be replaced?").await;
    assert_eq!((&answer["abstained"], &answer["citations"][0]["file_id"]), (&json!(false), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_has_ten_files_of_twenty_megabytes_while_it_goes_on() {
    let shared = stack().await;
    let chatbot = manual("files-limits").await;
    let session = shared.session(&chatbot).await;
    let most = usize::try_from(limits::FILE_BYTES).expect("fits");
    let (status, form) = shared.announce(&session, "0.txt", most).await;
    assert_eq!(status, StatusCode::CREATED, "{form}");
    assert!(send(&form, &[("key", "demo/files-limits/a.txt")], b"text").await.0.is_client_error());
    assert!(send(&form, &[], &vec![b'a'; most + 1]).await.0.is_client_error(), "S3 holds it to its size");
    for (filename, size, pointer) in
        [("a.txt", most + 1, "/size"), ("a.txt", 0, "/size"), ("a/b.txt", 1, "/filename")]
    {
        let (status, problem) = shared.announce(&session, filename, size).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], json!(pointer), "{problem}");
    }
    for number in 1..limits::SESSION_FILES {
        let (status, form) = shared.announce(&session, &format!("{number}.txt"), 1).await;
        assert_eq!(status, StatusCode::CREATED, "{form}");
    }
    let (status, problem) = shared.announce(&session, "one-too-many.txt", 1).await;
    assert_eq!((status, &problem["type"]), (StatusCode::CONFLICT, &json!("urn:docent:error:too-many-files")));
    let path = format!("/api/v1/sessions/{session}/files");
    let (_, list) = shared.call(&shared.addresses.api_key, Method::GET, &path, "").await;
    let names: Vec<&str> = list["items"]
        .as_array()
        .expect("files")
        .iter()
        .filter_map(|file| file["filename"].as_str())
        .collect();
    assert_eq!((names.len(), names[0], names[9]), (10, "0.txt", "9.txt"), "{list}");
    assert_eq!((&list["items"][0]["status"], &list["next_cursor"]), (&json!("uploaded"), &Value::Null));

    let end = format!("/api/v1/sessions/{session}/end");
    let (status, _) = shared.call(&shared.addresses.api_key, Method::POST, &end, "").await;
    assert_eq!(status, StatusCode::OK);
    let (status, problem) = shared.announce(&session, "late.txt", 1).await;
    assert_eq!(status, StatusCode::CONFLICT, "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_others_do_not_exist() {
    let shared = stack().await;
    let chatbot = manual("files-foreign").await;
    let (session, other) = (shared.session(&chatbot).await, shared.session(&chatbot).await);
    let attached = shared.attach(&session, "note.txt", b"The heron sleeps standing.").await;
    let id = attached["id"].as_str().expect("an id");
    let stranger = shared.organization("files-stranger").await;
    let stranger = stranger["api_key"].as_str().expect("a key").to_owned();
    let (files, one) =
        (format!("/api/v1/sessions/{session}/files"), format!("/api/v1/sessions/{session}/files/{id}"));
    let body = json!({ "filename": "a.txt", "size": 1 }).to_string();
    for (key, method, path, body) in [
        (&stranger, Method::POST, &files, body.as_str()),
        (&stranger, Method::GET, &files, ""),
        (&stranger, Method::GET, &one, ""),
        (&stranger, Method::DELETE, &one, ""),
        (&shared.addresses.api_key, Method::GET, &format!("/api/v1/sessions/{other}/files/{id}"), ""),
        (&shared.addresses.api_key, Method::DELETE, &format!("/api/v1/sessions/{other}/files/{id}"), ""),
    ] {
        let (status, answer) = shared.call(key, method.clone(), path, body.to_owned()).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}: {answer}");
    }
    let (status, still) = shared.call(&shared.addresses.api_key, Method::GET, &one, "").await;
    assert_eq!((status, &still["status"]), (StatusCode::OK, &json!("completed")), "{still}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_goes_with_its_row_and_a_row_with_its_object() {
    let shared = stack().await;
    let chatbot = manual("files-gone").await;
    let session = shared.session(&chatbot).await;
    let attached = shared.attach(&session, "heron-diary.txt", b"The heron sleeps standing.").await;
    let organization = domain::ApiKey::parse(&shared.addresses.api_key).expect("a key").organization;
    let key = |organization: OrganizationId, file: FileId| FileKey {
        organization,
        session: session.parse::<SessionId>().expect("an id"),
        file,
        filename: "heron-diary.txt".to_owned(),
    };
    let own =
        key(organization, attached["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")).to_string();
    assert!(shared.is_there(&own).await);
    shared.delete(&own).await;
    // One that was taken back before it came, and one of nobody.
    let strays = [key(organization, FileId::generate()), key(OrganizationId::generate(), FileId::generate())];
    for stray in &strays {
        shared.put(&stray.to_string(), b"text".to_vec()).await;
    }
    shared.queues_empty().await;
    for stray in &strays {
        assert!(!shared.is_there(&stray.to_string()).await, "{stray}");
    }
    let path = format!("/api/v1/sessions/{session}/files");
    let (_, list) = shared.call(&shared.addresses.api_key, Method::GET, &path, "").await;
    assert_eq!(list["items"], json!([]), "{list}");
    assert!(
        !shared.log("ingest").contains("heron-diary.txt"),
        "a person's name for a file stays out of logs"
    );
}
