//! Bounds: bytes, packed bytes, time, and answers that are no HTTP.

use crate::{Conditional, Refused, fake::*};
use axum::body::Body;
use domain::limits;
use flate2::{Compression, write::GzEncoder};
use std::{
    io::Write as _,
    time::{Duration, Instant},
};

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("gzip")
}

fn in_pieces(bytes: usize) -> Body {
    let whole = bytes / 65_536;
    let pieces = std::iter::repeat_n(vec![b'a'; 65_536], whole).chain([vec![b'a'; bytes % 65_536]]);
    Body::from_stream(futures_util::stream::iter(pieces.map(Ok::<_, std::io::Error>)))
}

#[tokio::test]
async fn a_page_has_an_edge_at_its_limit() {
    let limit = limits::WEB_PAGE_BYTES;
    let site = Site::new(move |path, _| match path {
        "/robots.txt" => nothing(),
        "/announced" => html(vec![b'a'; limit]),
        "/announced-more" => html(vec![b'a'; limit + 1]),
        "/pieces" => html(in_pieces(limit)),
        _ => html(in_pieces(limit + 1)),
    })
    .await;
    assert_eq!(bytes(site.fetch("/announced").await).len(), limit);
    assert_eq!(bytes(site.fetch("/pieces").await).len(), limit);
    assert_eq!(site.fetch("/announced-more").await, Err(Refused::TooLarge));
    assert_eq!(site.fetch("/pieces-more").await, Err(Refused::TooLarge));
}

#[tokio::test]
async fn packed_pages_are_unpacked_up_to_the_same_limit() {
    let limit = limits::WEB_PAGE_BYTES;
    let site = Site::new(move |path, fields| {
        assert_eq!(fields["accept-encoding"], "gzip");
        let gzip = [("content-type", "text/html"), ("content-encoding", "GZip")];
        match path {
            "/robots.txt" => nothing(),
            "/page" => answer(200, &gzip, packed(b"<p>Hello</p>")),
            "/edge" => answer(200, &gzip, packed(&vec![b'a'; limit])),
            "/bomb" => answer(200, &gzip, packed(&vec![b'a'; limit * 10])),
            "/many" => answer(200, &gzip, packed(&vec![b'a'; limit / 2 + 1]).repeat(2)),
            "/damaged" => answer(200, &gzip, packed(b"<p>Hello</p>")[..15].to_vec()),
            "/twice" => {
                answer(200, &[("content-type", "text/html"), ("content-encoding", "gzip, gzip")], "x")
            }
            _ => answer(200, &[("content-type", "text/html"), ("content-encoding", "br")], "x"),
        }
    })
    .await;
    assert_eq!(bytes(site.fetch("/page").await), b"<p>Hello</p>");
    assert_eq!(bytes(site.fetch("/edge").await).len(), limit);
    for path in ["/bomb", "/many"] {
        assert_eq!(site.fetch(path).await, Err(Refused::TooLarge), "{path}");
    }
    for path in ["/damaged", "/twice", "/brotli"] {
        assert_eq!(site.fetch(path).await, Err(Refused::Encoding), "{path}");
    }
}

#[tokio::test]
async fn a_server_that_takes_its_time_is_left() {
    let started = Instant::now();
    let silent = Site::raw(b"", false).await;
    let mut fetcher = own();
    fetcher.times.robots = Duration::from_millis(200);
    let refused = fetcher.fetch(&silent.url("/"), &Conditional::default()).await;
    assert_eq!(refused, Err(Refused::RobotsUnreadable("127.0.0.1".into())));

    let site = Site::new(|path, _| match path {
        "/robots.txt" => nothing(),
        _ => html(Body::from_stream(futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Ok::<_, std::io::Error>("drip"), ()))
        }))),
    })
    .await;
    let mut fetcher = own();
    fetcher.times.page = Duration::from_millis(300);
    assert_eq!(fetcher.fetch(&site.url("/"), &Conditional::default()).await, Err(Refused::TooSlow));
    fetcher.times.sitemap = Duration::from_millis(100);
    assert_eq!(fetcher.sitemap(&site.url("/")).await, Err(Refused::TooSlow));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn what_is_no_http_is_no_answer() {
    for raw in [
        &b""[..],
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let site = Site::raw(raw, true).await;
        let refused = site.fetch("/").await;
        assert_eq!(refused, Err(Refused::Unreachable("127.0.0.1".into())), "{}", raw.escape_ascii());
    }
}

#[tokio::test]
async fn header_fields_have_a_limit() {
    let site = Site::new(|path, _| match path {
        "/robots.txt" => nothing(),
        "/many" => {
            let names: Vec<String> = (0..200).map(|number| format!("x-{number}")).collect();
            answer(200, &names.iter().map(|name| (name.as_str(), "x")).collect::<Vec<_>>(), "")
        }
        _ => answer(200, &[("x-long", &"a".repeat(limits::WEB_HEADER_BYTES))], ""),
    })
    .await;
    for path in ["/many", "/long"] {
        assert_eq!(site.fetch(path).await, Err(Refused::Unreachable("127.0.0.1".into())), "{path}");
    }
}

#[tokio::test]
async fn a_validator_that_is_too_long_is_not_kept() {
    let of = |bytes: usize| format!("\"{}\"", "a".repeat(bytes - 2));
    let site = Site::new(move |path, _| match path {
        "/kept" => {
            answer(200, &[("content-type", "text/html"), ("etag", &of(limits::WEB_VALIDATOR_BYTES))], "")
        }
        _ => {
            answer(200, &[("content-type", "text/html"), ("etag", &of(limits::WEB_VALIDATOR_BYTES + 1))], "")
        }
    })
    .await;
    for (path, is_kept) in [("/kept", true), ("/not", false)] {
        match site.fetch(path).await {
            Ok(crate::Fetched::Page { etag, .. }) => assert_eq!(etag.is_some(), is_kept, "{path}"),
            other => panic!("{other:?}"),
        }
    }
}
