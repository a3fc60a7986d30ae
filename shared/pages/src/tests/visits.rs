//! What comes of one visit: pages, answers that are none, redirects.

use crate::{Conditional, Fetched, Refused, fake::*};
use axum::body::Body;

#[tokio::test(flavor = "current_thread")]
async fn a_page_comes_with_what_the_next_visit_needs() {
    let fields =
        [("content-type", "text/html; charset=utf-8"), ("etag", "W/\"7\""), ("last-modified", "yesterday")];
    let site = Site::new(move |_, _| answer(200, &fields, "<p>Hello</p>")).await;
    let fetched = site.fetch("/a?b=c#d").await;
    let expected = Fetched::Page {
        final_url: site.url("/a?b=c").parse().expect("a URL"),
        content_type: "text/html; charset=utf-8".into(),
        bytes: b"<p>Hello</p>".to_vec(),
        etag: Some("W/\"7\"".into()),
        last_modified: Some("yesterday".into()),
    };
    assert_eq!(fetched, Ok(expected));
    assert_eq!(*site.asked.lock().expect("the record"), ["/robots.txt", "/a?b=c"]);
}

#[tokio::test]
async fn a_name_is_found_and_its_addresses_are_tried_in_turn() {
    let site = Site::new(|_, _| html("here")).await;
    // This name has two addresses on most machines, and the server listens at one of them.
    let url = format!("http://localhost:{}/", site.address.port());
    assert_eq!(bytes(own().fetch(&url, &Conditional::default()).await), b"here");
}

#[test]
fn a_visit_may_move_between_threads() {
    fn moves<T: Send>(_: T) {}
    let fetcher = own();
    moves(fetcher.fetch("https://example.com/", &Conditional::default()));
    moves(fetcher.sitemap("https://example.com/sitemap.xml"));
    moves(&fetcher);
}

#[tokio::test]
async fn a_page_that_did_not_change_is_not_sent_again() {
    let site = Site::new(|_, fields| {
        let is_known = fields.get("if-none-match").is_some_and(|etag| etag == "\"7\"")
            || fields.get("if-modified-since").is_some_and(|date| date == "yesterday");
        if is_known { answer(304, &[], "") } else { html("new") }
    })
    .await;
    let fetch = async |etag: Option<&str>, last_modified: Option<&str>| {
        let conditional =
            Conditional { etag: etag.map(str::to_owned), last_modified: last_modified.map(str::to_owned) };
        own().fetch(&site.url("/"), &conditional).await
    };
    assert_eq!(fetch(Some("\"7\""), None).await, Ok(Fetched::NotModified));
    assert_eq!(fetch(None, Some("yesterday")).await, Ok(Fetched::NotModified));
    assert_eq!(bytes(fetch(Some("\"6\""), None).await), b"new");
    assert_eq!(bytes(fetch(Some("\n"), None).await), b"new");
}

#[tokio::test]
async fn answers_that_are_no_page_say_what_they_are() {
    let site =
        Site::new(|path, _| answer(path.trim_start_matches("/s").parse().unwrap_or(404), &[], "")).await;
    for status in [404, 410] {
        assert_eq!(site.fetch(&format!("/s{status}")).await, Ok(Fetched::Gone));
    }
    for status in [204, 206, 304, 305, 400, 401, 403, 418, 429, 500, 503] {
        let refused = site.fetch(&format!("/s{status}")).await.expect_err("no page");
        assert_eq!(refused, Refused::Status(status));
        assert_eq!(refused.is_temporary(), matches!(status, 429 | 500 | 503), "{status}");
    }
}

#[tokio::test]
async fn a_request_names_us_and_carries_nothing_else() {
    let site = Site::new(|_, fields| {
        let names: Vec<&str> = fields.keys().map(http::HeaderName::as_str).collect();
        html(format!("{} {}", names.join(","), fields["user-agent"].to_str().expect("text")))
    })
    .await;
    let text = String::from_utf8(bytes(site.fetch("/").await)).expect("text");
    let expected =
        format!("host,user-agent,accept,accept-encoding,connection DocentBot/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(text, expected);
}

#[tokio::test]
async fn redirects_are_followed_up_to_the_limit() {
    let site = Site::new(|path, _| match path {
        "/robots.txt" => nothing(),
        "/0" => html("here"),
        _ => {
            let next = path[1..].parse::<u8>().expect("a number") - 1;
            let status = [301, 302, 303, 307, 308][usize::from(next % 5)];
            answer(status, &[("location", &format!("./{next}#part"))], "")
        }
    })
    .await;
    match site.fetch("/5").await {
        Ok(Fetched::Page { final_url, .. }) => assert_eq!(final_url.as_str(), site.url("/0")),
        other => panic!("{other:?}"),
    }
    assert_eq!(site.fetch("/6").await, Err(Refused::TooManyRedirects));
}

#[tokio::test]
async fn a_redirect_without_a_target_is_no_page() {
    let site =
        Site::new(|path, _| if path == "/robots.txt" { nothing() } else { answer(302, &[], Body::empty()) })
            .await;
    assert_eq!(site.fetch("/").await, Err(Refused::Status(302)));
}

#[tokio::test]
async fn what_is_not_read_is_not_taken() {
    let site = Site::new(|path, _| match path {
        "/robots.txt" => nothing(),
        "/silent.pdf" => answer(200, &[], "%PDF-"),
        "/silent.exe" => answer(200, &[], "MZ"),
        _ => answer(200, &[("content-type", "video/mp4; codecs=x")], "film"),
    })
    .await;
    assert_eq!(site.fetch("/film").await, Err(Refused::Type("video/mp4".into())));
    assert_eq!(bytes(site.fetch("/silent.pdf").await), b"%PDF-");
    assert_eq!(site.fetch("/silent.exe").await, Err(Refused::Type("application/octet-stream".into())));
}

#[test]
fn every_refusal_is_a_sentence() {
    let text = || "example.com".to_owned();
    for refused in [
        Refused::Private(text()),
        Refused::Unreachable(text()),
        Refused::Untrusted(text()),
        Refused::TooSlow,
        Refused::TooLarge,
        Refused::TooManyRedirects,
        Refused::Downgrade,
        Refused::Type(text()),
        Refused::Encoding,
        Refused::Status(500),
        Refused::Robots,
        Refused::RobotsUnreadable(text()),
        Refused::NoIndex,
    ] {
        let sentence = refused.to_string();
        assert!(sentence.starts_with("The ") && sentence.ends_with('.'), "{sentence}");
        assert!(sentence.contains([':', ',']), "says what to do: {sentence}");
    }
}
