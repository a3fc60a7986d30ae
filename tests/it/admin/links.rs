//! Links and forms that S3 takes without another word: with any of their bytes changed they are worth nothing.

use super::uploads::{get, send};
use crate::stack::{
    asking::manual,
    support::{Shared, stack},
};
use futures_util::{StreamExt as _, stream};
use http::{Method, StatusCode};
use serde_json::{Value, json};

/// Requests that are under way at once.
const AT_ONCE: usize = 4;

/// The text with something wrong at one place. What is only another spelling of the same (RFC 3986, 6.2.2) is left out.
fn tampered(text: &str) -> Vec<String> {
    let mut all = tests::tampered::at_every_place(text, |letter| match letter {
        'a'..='y' | 'A'..='Y' | '0'..='8' => char::from(letter as u8 + 1),
        _ => 'a',
    });
    let said = |text: &str| {
        let bytes = percent_encoding::percent_decode_str(text).collect::<Vec<u8>>();
        // Between two ampersands stands no parameter.
        String::from_utf8_lossy(&bytes).replace("&&", "&")
    };
    let original = said(text);
    all.retain(|other| said(other) != original);
    all
}

/// Asks for a link with every byte behind the host changed; how often.
async fn refused_at_every_byte(link: &str) -> usize {
    // What stands behind `#` is the reader's program's.
    let link = link.split('#').next().expect("a link");
    let host = link.find("//").and_then(|at| Some(at + 3 + link[at + 2..].find('/')?)).expect("a path");
    let (host, rest) = link.split_at(host);
    assert_eq!(get(link).await.0, StatusCode::OK, "the untouched one is good");
    let all = tampered(rest);
    let count = all.len();
    let good = stream::iter(all)
        .map(async |rest| {
            let link = format!("{host}{rest}");
            let (status, _) = get(&link).await;
            status.is_success().then(|| format!("{status}: {link}"))
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(async |wrong| wrong);
    let good: Vec<String> = good.collect().await;
    assert!(good.is_empty(), "{} of {count} were not refused:\n{}", good.len(), good.join("\n"));
    count
}

/// Sends a form with every byte of every field changed; how often.
async fn form_refused_at_every_byte(form: &Value, bytes: &[u8]) -> usize {
    let fields = form["fields"].as_object().expect("fields");
    let mut all = Vec::new();
    for (name, value) in fields {
        let value = value.as_str().expect("a text");
        for (place, letter) in value.char_indices() {
            let (before, after) = (&value[..place], &value[place + letter.len_utf8()..]);
            let other = if letter == 'a' { 'b' } else { 'a' };
            all.push((name.clone(), format!("{before}{other}{after}")));
            all.push((name.clone(), format!("{before}{after}")));
        }
    }
    let count = all.len();
    let good = stream::iter(all)
        .map(async |(name, value)| {
            let (status, _) = send(form, &[(&name, &value)], bytes).await;
            status.is_success().then(|| format!("{status}: {name}={value}"))
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(async |wrong| wrong);
    let good: Vec<String> = good.collect().await;
    assert!(good.is_empty(), "{} of {count} were not refused:\n{}", good.len(), good.join("\n"));
    count
}

async fn link(shared: &Shared, path: &str) -> String {
    shared.read(path).await["url"].as_str().expect("a link").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn links_to_originals_texts_and_sources_are_refused_with_any_byte_changed() {
    let shared = stack().await;
    let chatbot = manual("tampered-links").await;
    let session = shared.session(&chatbot).await;
    let answer = shared.ask(&session, "How often must the shaft seal of the P-40 be replaced?").await;
    let cited = &answer["citations"][0];
    let source = cited["url"].as_str().unwrap_or_else(|| panic!("a link: {cited}"));
    let id = cited["document_id"].as_str().expect("an id");
    let original = link(shared, &format!("/api/v1/documents/{id}/download")).await;
    let text = link(shared, &format!("/api/v1/documents/{id}/text")).await;
    for (what, link) in [("source", source), ("original", &original), ("text", &text)] {
        let count = refused_at_every_byte(link).await;
        eprintln!("{what}: {count} tampered links, all refused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_refused_with_any_byte_changed() {
    let shared = stack().await;
    let wish = json!({ "collection": "tampered-forms", "path": "a.md", "title": "A", "size": 5 });
    let form = shared.admin(Method::POST, "/api/v1/documents/uploads", &wish, StatusCode::CREATED).await;
    let count = form_refused_at_every_byte(&form, b"12345").await;
    eprintln!("document: {count} tampered forms, all refused");
    let chatbot = shared.chatbot_of("tampered-forms").await;
    let session = shared.session(&chatbot).await;
    let wish = json!({ "filename": "a.csv", "size": 5, "content_type": "text/csv" });
    let path = format!("/api/v1/sessions/{session}/files");
    let attached = shared.admin(Method::POST, &path, &wish, StatusCode::CREATED).await;
    let count = form_refused_at_every_byte(&attached, b"a,b\n1").await;
    eprintln!("file: {count} tampered forms, all refused");
    let below = "demo/tampered-forms/";
    let written = shared.stack.s3.objects().await.into_iter().filter(|object| object.key.starts_with(below));
    assert_eq!(written.count(), 0, "nothing was written");
    // The untouched ones are good.
    for (form, bytes) in [(&form, b"12345"), (&attached, b"a,b\n1")] {
        let (status, said) = send(form, &[], bytes).await;
        assert_eq!(status, StatusCode::CREATED, "{said}");
    }
}
