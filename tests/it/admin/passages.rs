//! Passages disabled and corrected by hand.

use crate::stack::support::stack;
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// A document of a test's own: equal bytes of another document would be copied.
fn text(of: &str) -> String {
    format!(
        "# Seals\n\nReplace the shaft seal every 8,000 hours.\n\n# Filters\n\nClean the basket weekly ({of}).\n"
    )
}

/// The passage of a document that holds a word.
async fn passage(shared: &crate::stack::support::Shared, document: &str, word: &str) -> Value {
    let list = shared.read(&format!("/api/v1/documents/{document}/chunks")).await;
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let found =
        items.into_iter().find(|item| item["content"].as_str().is_some_and(|text| text.contains(word)));
    found.unwrap_or_else(|| panic!("no passage with {word}: {list}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_found_at_once_and_survives_another_reading() {
    let shared = stack().await;
    let id = shared.completed("corrected", "manual.md", &text("corrected")).await;
    let before = passage(shared, &id, "8,000 hours").await;
    let path = format!("/api/v1/chunks/{}", before["id"].as_str().expect("an id"));
    assert_eq!(shared.read(&path).await, before);

    let read = before["content"].as_str().expect("a text").to_owned();
    let right = read.replace("8,000 hours", "9,500 hours");
    let after = shared.admin(Method::PATCH, &path, &json!({ "content": right }), StatusCode::OK).await;
    assert_eq!((&after["content"], &after["is_corrected"]), (&json!(right), &json!(true)));
    assert_eq!((&after["byte_from"], &after["byte_to"]), (&before["byte_from"], &before["byte_to"]));
    let found = shared.found("shaft seal 9,500 hours", "corrected").await;
    assert!(found[0].contains("9,500 hours"), "{found:?}");
    assert!(!found.iter().any(|text| text.contains("8,000 hours")), "{found:?}");

    // Another reading of a text that is the same there: the word holds.
    let more = format!("{}\n# More\n\nOil the bearing.\n", text("corrected"));
    assert_eq!(shared.completed("corrected", "manual.md", &more).await, id);
    let again = passage(shared, &id, "9,500 hours").await;
    assert_eq!(again["is_corrected"], true);
    assert_ne!(again["id"], before["id"], "a new version has passages of its own");

    let path = format!("/api/v1/chunks/{}", again["id"].as_str().expect("an id"));
    let restored = shared.admin(Method::PATCH, &path, &json!({ "content": null }), StatusCode::OK).await;
    assert_eq!((&restored["content"], &restored["is_corrected"]), (&json!(read), &json!(false)));
    let found = shared.found("shaft seal 8,000 hours", "corrected").await;
    assert!(found[0].contains("8,000 hours"), "{found:?}");
}

/// The vector of a text, as passages have them.
async fn vector(shared: &crate::stack::support::Shared, text: &str) -> Vec<f64> {
    let body = json!({ "model": "default", "input": text, "input_type": "document" });
    let answer = shared.admin(Method::POST, "/v1/embeddings", &body, StatusCode::OK).await;
    let numbers = answer["data"][0]["embedding"].as_array().unwrap_or_else(|| panic!("{answer}"));
    numbers.iter().map(|number| number.as_f64().expect("a number")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_that_is_longer_than_the_model_reads_is_embedded_to_its_end() {
    let shared = stack().await;
    let id = shared.completed("lengthy", "manual.md", &text("lengthy")).await;
    let chunk = passage(shared, &id, "8,000 hours").await;
    let path = format!("/api/v1/chunks/{}", chunk["id"].as_str().expect("an id"));
    // The model reads 256 tokens.
    let before = "Replace the shaft seal with care, and write the day into the book. ".repeat(60);
    let long = format!("{before} The quokka smiles at visitors of Rottnest Island.");
    let after = shared.admin(Method::PATCH, &path, &json!({ "content": long }), StatusCode::OK).await;
    assert_eq!(after["content"], json!(long));
    let found = shared.found("quokka Rottnest Island", "lengthy").await;
    assert!(found[0].contains("quokka"), "{found:?}");
    let (whole, cut) = (vector(shared, &long).await, vector(shared, &before).await);
    let cosine: f64 = whole.iter().zip(&cut).map(|(one, other)| one * other).sum();
    let length: f64 = whole.iter().map(|number| number * number).sum();
    assert!((length - 1.0).abs() < 1e-3, "a vector like any other: {length}");
    assert!(cosine < 0.999, "its end says nothing: {cosine}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_passage_is_not_found_until_it_is_enabled() {
    let shared = stack().await;
    let id = shared.completed("disabled", "manual.md", &text("disabled")).await;
    let chunk = passage(shared, &id, "8,000 hours").await;
    let path = format!("/api/v1/chunks/{}", chunk["id"].as_str().expect("an id"));
    let off = shared.admin(Method::PATCH, &path, &json!({ "is_active": false }), StatusCode::OK).await;
    assert_eq!((&off["is_active"], &off["content"]), (&json!(false), &chunk["content"]));
    assert!(
        !shared.found("shaft seal 8,000 hours", "disabled").await.iter().any(|text| text.contains("8,000"))
    );
    // It stays disabled when the document is read anew.
    let reprocess = format!("/api/v1/documents/{id}/reprocess");
    shared.admin(Method::POST, &reprocess, &Value::Null, StatusCode::ACCEPTED).await;
    let chunks = format!("/api/v1/documents/{id}/chunks");
    let first = chunk["id"].clone();
    let again = shared.until(&chunks, |list| {
        let items = list["items"].as_array();
        items.is_some_and(|items| !items.is_empty() && items.iter().all(|item| item["id"] != first))
    });
    assert!(
        again.await["items"]
            .as_array()
            .is_some_and(|items| items.iter().any(|item| item["is_active"] == json!(false)))
    );
    let chunk = passage(shared, &id, "8,000 hours").await;
    let path = format!("/api/v1/chunks/{}", chunk["id"].as_str().expect("an id"));
    shared.admin(Method::PATCH, &path, &json!({ "is_active": true }), StatusCode::OK).await;
    assert!(shared.found("shaft seal 8,000 hours", "disabled").await[0].contains("8,000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn passages_come_in_order_page_by_page() {
    let shared = stack().await;
    let sections: Vec<String> = (0..30)
        .map(|n| format!("# Part {n}\n\n{}\n", format!("Part {n} has its own valve. ").repeat(40)))
        .collect();
    let id = shared.completed("paged", "long.md", &sections.join("\n")).await;
    let (mut indexes, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = shared.read(&format!("/api/v1/documents/{id}/chunks?limit=7{cursor}")).await;
        let items = page["items"].as_array().expect("items");
        assert!(items.len() <= 7);
        indexes.extend(items.iter().map(|item| item["index"].as_i64().expect("an index")));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let count =
        shared.read(&format!("/api/v1/documents/{id}")).await["chunk_count"].as_i64().expect("a count");
    assert!(count > 7);
    assert_eq!(indexes, (0..count).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_has_its_edges() {
    let shared = stack().await;
    let id = shared.completed("edges", "manual.md", &text("edges")).await;
    let chunk = passage(shared, &id, "8,000 hours").await;
    let path = format!("/api/v1/chunks/{}", chunk["id"].as_str().expect("an id"));
    for body in [
        json!({ "content": "" }),
        json!({ "content": " " }),
        json!({ "content": "a\0" }),
        json!({ "content": "ก".repeat(10_001) }),
        json!({ "is_active": null, "more": 1 }),
        json!({ "is_active": "no" }),
    ] {
        let (status, problem) =
            shared.call(&shared.addresses.api_key, Method::PATCH, &path, body.to_string()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{problem}");
    }
    shared.admin(Method::PATCH, &path, &json!({}), StatusCode::OK).await;
    assert_eq!(shared.read(&path).await, chunk, "nothing asked for, nothing changed");
}
