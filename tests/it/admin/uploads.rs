//! Uploads by form, and downloads by link.

use crate::stack::support::{file, stack};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Sends a form to S3 with a file; status and text.
pub async fn send(form: &Value, changed: &[(&str, &str)], bytes: &[u8]) -> (StatusCode, String) {
    let fields = form["fields"].as_object().expect("fields");
    let mut fields: BTreeMap<&str, &str> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str().expect("a text"))).collect();
    fields.extend(changed.iter().copied());
    let mut body = Vec::new();
    for (name, value) in fields {
        let field =
            format!("--edge-of-form\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(field.as_bytes());
    }
    let head = "--edge-of-form\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\nContent-Type: text/plain\r\n\r\n";
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--edge-of-form--\r\n");
    let request = Request::post(form["url"].as_str().expect("an address"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge-of-form")
        .body(Full::new(Bytes::from(body)))
        .expect("a request");
    answer(request).await
}

/// What stands at a link.
pub async fn get(url: &str) -> (StatusCode, String) {
    answer(Request::get(url).body(Full::default()).expect("a request")).await
}

async fn answer(request: Request<Full<Bytes>>) -> (StatusCode, String) {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let response = client.request(request).await.expect("S3 answers");
    let status = response.status();
    let bytes = response.into_body().collect().await.expect("readable").to_bytes();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_uploads_its_document_and_nothing_else() {
    let shared = stack().await;
    let wish = json!({
        "collection": "forms", "path": "ปั๊ม/คู่มือ 1+2.md", "title": "คู่มือปั๊ม", "document_type": "technical",
        "language": "th", "source_url": "https://example.org/manual?a=1&b=2", "attributes": { "module": "บทที่ 1" },
    });
    let form = shared.admin(Method::POST, "/api/v1/documents/uploads", &wish, StatusCode::CREATED).await;
    let key = form["key"].as_str().expect("a key");
    assert_eq!(key, "demo/forms/ปั๊ม/คู่มือ 1+2.md");
    let text = "# ปั๊ม\n\nเปลี่ยนซีลทุก 8,000 ชั่วโมง".as_bytes();
    assert!(send(&form, &[("key", "demo/forms/other.md")], text).await.0.is_client_error());
    assert!(send(&form, &[("x-amz-meta-title", "Another")], text).await.0.is_client_error());
    assert!(send(&form, &[("x-amz-meta-more", "1")], text).await.0.is_client_error());
    assert!(send(&form, &[], b"").await.0.is_client_error(), "an empty file");
    let (status, said) = send(&form, &[], text).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    assert!(said.contains("<ETag>"), "{said}");
    assert_eq!(shared.settled(key).await.status, "completed");

    let list = shared.read("/api/v1/documents?collection=forms").await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    let document = &list["items"][0];
    for (name, value) in [
        ("title", json!("คู่มือปั๊ม")),
        ("filename", json!("คู่มือ 1+2.md")),
        ("status", json!("completed")),
        ("document_type", json!("technical")),
        ("language", json!("th")),
        ("source_url", json!("https://example.org/manual?a=1&b=2")),
        ("failure", Value::Null),
        ("metadata", json!({ "module": "บทที่ 1" })),
    ] {
        assert_eq!(document[name], value, "{name}: {document}");
    }
    assert!(document["chunk_count"].as_i64().is_some_and(|chunks| chunks > 0), "{document}");
    assert!(document["embedding_tokens"].as_i64().is_some_and(|tokens| tokens > 0), "{document}");
    assert_eq!(document["progress"]["done"], document["progress"]["total"], "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_uploaded_and_what_was_read_are_a_link_away() {
    let shared = stack().await;
    let id = shared.completed("links", "note ก.txt", "The valve opens at 3 bar.").await;
    let original = shared.read(&format!("/api/v1/documents/{id}/download")).await;
    assert_eq!(
        get(original["url"].as_str().expect("a link")).await,
        (StatusCode::OK, "The valve opens at 3 bar.".into())
    );
    let text = shared.read(&format!("/api/v1/documents/{id}/text")).await;
    let (status, read) = get(text["url"].as_str().expect("a link")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(read.contains("The valve opens at 3 bar."), "{read}");
    let tampered = original["url"].as_str().expect("a link").replace("links", "link");
    assert!(get(&tampered).await.0.is_client_error());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_cannot_be_is_refused_before_the_file_travels() {
    let shared = stack().await;
    let key = &shared.addresses.api_key;
    for (wish, pointer) in [
        (json!({ "collection": "Forms", "path": "a.md" }), "/collection"),
        (json!({ "collection": "forms" }), "/path"),
        (json!({ "collection": "forms", "path": "a.md", "filename": "a.md" }), "/path"),
        (json!({ "collection": "forms", "filename": "a/b.md" }), "/filename"),
        (json!({ "collection": "forms", "path": "../b.md" }), "/path"),
        (json!({ "collection": "forms", "path": "a.md", "size": 0 }), "/size"),
        (json!({ "collection": "forms", "path": "a.md", "size": 209_715_201 }), "/size"),
        (json!({ "collection": "forms", "path": "a.md", "document_type": "novel" }), "/document_type"),
        (json!({ "collection": "forms", "path": "a.md", "language": "English" }), "/language"),
        (
            json!({ "collection": "forms", "path": "a.md", "source_url": "javascript:alert(1)" }),
            "/source_url",
        ),
        (json!({ "collection": "forms", "path": "a.md", "attributes": { "A": "b" } }), "/attributes/A"),
        (json!({ "collection": "forms", "path": "a.md", "unknown": 1 }), "/unknown"),
    ] {
        let path = "/api/v1/documents/uploads";
        let (status, problem) = shared.call(key, Method::POST, path, wish.to_string()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{wish}: {problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{wish}: {problem}");
    }
    let largest = json!({ "collection": "forms", "path": "a.md", "size": 209_715_200 });
    shared.admin(Method::POST, "/api/v1/documents/uploads", &largest, StatusCode::CREATED).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_document_says_why_and_is_deleted() {
    let shared = stack().await;
    let key = format!("{}/failing/locked.pdf", shared.addresses.organization);
    let status = shared.drop_bytes(&key, file("bad", "locked.pdf")).await;
    let path = format!("/api/v1/documents/{}", status.id);
    let document = shared.read(&path).await;
    assert_eq!(
        (&document["status"], &document["failure"]["code"]),
        (&json!("failed"), &json!("locked")),
        "{document}"
    );
    assert!(document["failure"]["detail"].as_str().is_some_and(|detail| detail.len() > 10));
    let listed = shared.read("/api/v1/documents?collection=failing&status=failed&q=LOCKED").await;
    assert_eq!(listed["items"][0]["id"], document["id"]);
    for nothing in ["status=completed", "q=unlocked", "collection=nothing"] {
        let listed = shared
            .read(
                &format!("/api/v1/documents?collection=failing&{nothing}")
                    .replace("collection=failing&collection", "collection"),
            )
            .await;
        assert_eq!(listed["items"], json!([]), "{nothing}");
    }
    shared.admin(Method::DELETE, &path, &Value::Null, StatusCode::ACCEPTED).await;
    let gone = async {
        while shared.call(&shared.addresses.api_key, Method::GET, &path, "").await.0 != StatusCode::NOT_FOUND
        {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(super::PATIENCE, gone).await.expect("a deleted document is forgotten");
}
