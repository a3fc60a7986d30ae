//! What sites ask for: robots.txt, pauses, noindex.

use crate::{Conditional, Fetcher, Refused, fake::*};
use domain::limits;
use std::time::{Duration, Instant};

async fn ruled_by(status: u16, robots: String) -> Site {
    Site::new(move |path, _| match path {
        "/robots.txt" => answer(status, &[], robots.clone()),
        _ => html("here"),
    })
    .await
}

async fn fetch(fetcher: &Fetcher, url: &str) -> Result<crate::Fetched, Refused> {
    fetcher.fetch(url, &Conditional::default()).await
}

#[tokio::test]
async fn robots_txt_is_followed_and_asked_once() {
    let rules = "User-agent: *\nDisallow: /\n\nUser-agent: docentBOT\nDisallow: /private\nAllow: /private/open\n\
                 Disallow: /*.pdf$\nDisallow: /search?q=\n";
    let site = ruled_by(200, rules.into()).await;
    let fetcher = own();
    for path in ["/", "/private/open/a", "/a.pdf?x", "/search"] {
        assert!(fetch(&fetcher, &site.url(path)).await.is_ok(), "{path}");
    }
    for path in ["/private", "/private/a", "/a.pdf", "/search?q=x", "/%70rivate/a", "/private%2Fopen"] {
        assert_eq!(fetch(&fetcher, &site.url(path)).await, Err(Refused::Robots), "{path}");
    }
    assert_eq!(site.pages_asked().len(), 4, "what is forbidden is not asked for");
    assert_eq!(site.asked.lock().expect("the record").len(), 5, "robots.txt once");
}

#[tokio::test]
async fn other_robots_rules_are_not_ours() {
    let site = ruled_by(200, "User-agent: OtherBot\nUser-agent: Docent\nDisallow: /\n".into()).await;
    assert!(site.fetch("/").await.is_ok());
}

#[tokio::test]
async fn a_missing_robots_txt_allows_and_a_broken_one_forbids() {
    for status in [400, 401, 403, 404, 410] {
        assert!(
            ruled_by(status, "User-agent: *\nDisallow: /".into()).await.fetch("/").await.is_ok(),
            "{status}"
        );
    }
    for status in [304, 429, 500, 502, 503] {
        let site = ruled_by(status, String::new()).await;
        let refused = site.fetch("/").await.expect_err("forbidden");
        assert_eq!(refused, Refused::RobotsUnreadable("127.0.0.1".into()), "{status}");
        assert!(refused.is_temporary());
        assert!(site.pages_asked().is_empty());
    }
}

#[tokio::test]
async fn robots_txt_counts_up_to_its_limit() {
    let line = "Disallow: /x\n";
    let of = |bytes: usize| {
        let head = "User-agent: *\n#";
        format!("{head}{}\n{line}", "-".repeat(bytes - head.len() - 1 - line.len()))
    };
    let within = ruled_by(200, of(limits::WEB_ROBOTS_BYTES)).await;
    assert_eq!(within.fetch("/x").await, Err(Refused::Robots));
    let beyond = ruled_by(200, of(limits::WEB_ROBOTS_BYTES + line.len())).await;
    assert!(beyond.fetch("/x").await.is_ok());
    let huge = format!("User-agent: *\nDisallow: /x\n{}", "#\n".repeat(4 * limits::WEB_ROBOTS_BYTES));
    assert_eq!(ruled_by(200, huge).await.fetch("/x").await, Err(Refused::Robots));
}

#[tokio::test]
async fn robots_txt_may_move_and_a_loop_counts_as_none() {
    let moved = |target: &'static str| {
        Site::new(move |path, _| match path {
            "/robots.txt" => answer(301, &[("location", target)], ""),
            "/moved.txt" => answer(200, &[], "User-agent: *\nDisallow: /x"),
            _ => html("here"),
        })
    };
    assert_eq!(moved("/moved.txt").await.fetch("/x").await, Err(Refused::Robots));
    assert!(moved("/robots.txt").await.fetch("/x").await.is_ok());
    let away = moved("http://169.254.169.254/robots.txt").await.fetch("/x").await;
    assert_eq!(away, Err(Refused::RobotsUnreadable("127.0.0.1".into())));
}

#[tokio::test]
async fn the_target_of_a_redirect_is_asked_for_in_its_own_robots_txt() {
    let site = ruled_by(200, "User-agent: *\nDisallow: /private".into()).await;
    let target = site.url("/private/a");
    let other = Site::new(move |path, _| match path {
        "/robots.txt" => nothing(),
        _ => answer(302, &[("location", &target)], ""),
    })
    .await;
    assert_eq!(other.fetch("/").await, Err(Refused::Robots));
    assert!(site.pages_asked().is_empty());
}

#[tokio::test]
async fn a_crawl_delay_is_kept_up_to_a_cap_and_outside_the_time_for_a_page() {
    let site = ruled_by(200, "User-agent: *\nCrawl-delay: 3600".into()).await;
    let mut fetcher = own();
    fetcher.times.crawl_delay = Duration::from_millis(300);
    fetcher.times.page = Duration::from_millis(250);
    let started = Instant::now();
    for path in ["/a", "/b", "/c"] {
        assert!(fetch(&fetcher, &site.url(path)).await.is_ok(), "{path}");
    }
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(600) && took < Duration::from_secs(3), "{took:?}");
}

#[tokio::test]
async fn a_page_that_wants_no_index_gets_none() {
    let site = Site::new(|path, fields| {
        let tag = [("content-type", "text/html"), ("x-robots-tag", "noindex")];
        match path {
            "/robots.txt" => nothing(),
            "/header" if fields.contains_key("if-none-match") => answer(304, &tag, ""),
            "/header" => answer(200, &tag, "here"),
            "/meta" => html("<meta name=robots content='noindex,follow'>"),
            _ => answer(200, &[("content-type", "text/plain")], "<meta name=robots content=noindex>"),
        }
    })
    .await;
    assert_eq!(site.fetch("/header").await, Err(Refused::NoIndex));
    assert_eq!(site.fetch("/meta").await, Err(Refused::NoIndex));
    assert!(site.fetch("/text").await.is_ok(), "a text has no head");
    let conditional = Conditional { etag: Some("\"7\"".into()), last_modified: None };
    assert_eq!(own().fetch(&site.url("/header"), &conditional).await, Err(Refused::NoIndex));
}
