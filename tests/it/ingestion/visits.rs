//! Visits to web sources: a site of the test's own, several units a visit, pages that come, go and are refused.

use axum::{
    Router,
    http::{StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use domain::WebSourceId;
use ingestion::{unit::Clock, visit::VisitOutcome};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::{collections, web_sources, web_visits};
use tests::Pipeline;
use tokio::net::TcpListener;

/// What a site answers, by path, and what it was asked for.
#[derive(Clone, Default)]
struct Site {
    pages: Arc<Mutex<BTreeMap<String, (StatusCode, String)>>>,
    asked: Arc<Mutex<Vec<String>>>,
    address: String,
}

impl Site {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let site = Self { address, ..Self::default() };
        let answering = site.clone();
        let router = Router::new().fallback(move |uri: Uri| std::future::ready(answering.answer(uri.path())));
        tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        site
    }

    fn answer(&self, path: &str) -> Response {
        if path == "/sitemap.xml" {
            let mut xml = String::from("<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">");
            for path in self.pages.lock().expect("pages").keys() {
                let _ =
                    write!(xml, "<url><loc>{}{path}</loc><lastmod>2026-01-01</lastmod></url>", self.address);
            }
            return ([(header::CONTENT_TYPE, "text/xml")], xml + "</urlset>").into_response();
        }
        self.asked.lock().expect("asked").push(path.to_owned());
        let Some((status, text)) = self.pages.lock().expect("pages").get(path).cloned() else {
            return StatusCode::NOT_FOUND.into_response();
        };
        (status, [(header::CONTENT_TYPE, "text/html")], format!("<p>{text}</p>")).into_response()
    }

    fn says(&self, path: &str, status: StatusCode, text: &str) {
        self.pages.lock().expect("pages").insert(path.into(), (status, text.into()));
    }

    fn drops(&self, path: &str) {
        self.pages.lock().expect("pages").remove(path);
    }

    /// What was asked for since this was asked last, without robots.txt.
    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().expect("asked"));
        asked.retain(|path| path != "/robots.txt");
        asked.sort();
        asked
    }
}

async fn declare(pipeline: &Pipeline, kind: &str, url: &str) -> WebSourceId {
    let tx = pipeline.organization.tx().await;
    let space = pipeline.organization.space.id;
    let collection = collections::ensure(&tx, "site", space).await.expect("a collection");
    let source = web_sources::create(&tx, collection.id, kind, url, 24).await.expect("a source");
    tx.finish().await.expect("commit");
    source
}

/// Visits a source to the end, a page a unit; how many units it took.
async fn visit(pipeline: &Pipeline, source: WebSourceId) -> usize {
    let mut run = None;
    for unit in 1..20 {
        let clock = Clock::within(Duration::ZERO);
        match pipeline.function().visit("acme", source.0, run, 1, clock).await.expect("a unit") {
            VisitOutcome::Settled => return unit,
            VisitOutcome::Continues(next) => run = Some(next),
            VisitOutcome::Unknown => panic!("the source is gone"),
        }
    }
    panic!("the visit does not end");
}

async fn result(pipeline: &Pipeline, source: WebSourceId) -> (String, Value, i64) {
    let tx = pipeline.organization.tx().await;
    let source = web_sources::get(&tx, source).await.expect("read").expect("a source");
    tx.finish().await.expect("commit");
    (source.status, source.last_result, source.pages)
}

#[tokio::test]
async fn every_page_is_asked_for_once_a_visit_whatever_becomes_of_it() {
    let pipeline = Pipeline::start().await;
    let site = Site::start().await;
    for path in ["/a", "/b", "/c"] {
        site.says(path, StatusCode::OK, path);
    }
    site.says("/gone", StatusCode::NOT_FOUND, "");
    site.says("/refused", StatusCode::FORBIDDEN, "");
    let source = declare(&pipeline, "sitemap", &format!("{}/sitemap.xml", site.address)).await;
    assert_eq!(visit(&pipeline, source).await, 5, "a page a unit");
    assert_eq!(site.asked(), ["/a", "/b", "/c", "/gone", "/refused"]);
    let (status, told, pages) = result(&pipeline, source).await;
    assert_eq!((status.as_str(), pages), ("completed", 3));
    assert_eq!(
        (&told["pages"], &told["changed"], &told["gone"]),
        (&5.into(), &3.into(), &0.into()),
        "{told}"
    );
    assert_eq!(told["refused"].as_array().map(Vec::len), Some(1), "{told}");
    assert!(told.get("run").is_none(), "{told}");
    assert_eq!(pipeline.objects("acme/site/").await.len(), 3);

    // What comes at last is asked for though the sitemap calls it old; what was there and is old is believed.
    site.says("/refused", StatusCode::OK, "now");
    visit(&pipeline, source).await;
    assert_eq!(site.asked(), ["/gone", "/refused"]);
    assert_eq!(result(&pipeline, source).await.2, 4);
    // What is no longer listed goes, and is said to.
    site.drops("/a");
    visit(&pipeline, source).await;
    let (_, told, pages) = result(&pipeline, source).await;
    assert_eq!((&told["gone"], pages), (&1.into(), 3), "{told}");
    assert_eq!(pipeline.objects("acme/site/").await.len(), 3);
}

#[tokio::test]
async fn an_object_stays_while_a_source_keeps_its_page_and_comes_back_when_it_was_deleted() {
    let pipeline = Pipeline::start().await;
    let site = Site::start().await;
    site.says("/a", StatusCode::OK, "a");
    site.says("/b", StatusCode::OK, "b");
    let all = declare(&pipeline, "sitemap", &format!("{}/sitemap.xml", site.address)).await;
    let one = declare(&pipeline, "page", &format!("{}/a", site.address)).await;
    visit(&pipeline, all).await;
    visit(&pipeline, one).await;
    let objects = pipeline.objects("acme/site/").await;
    assert_eq!(objects.len(), 2);
    site.asked();
    // The sitemap drops it, the other source does not.
    let page = site.pages.lock().expect("pages").remove("/a").expect("a page");
    visit(&pipeline, all).await;
    assert_eq!(pipeline.objects("acme/site/").await, objects);
    site.pages.lock().expect("pages").insert("/a".into(), page);
    // Somebody deletes the object: the next visit brings the same bytes again.
    for key in &objects {
        pipeline.delete(key).await;
    }
    visit(&pipeline, one).await;
    assert_eq!(pipeline.objects("acme/site/").await.len(), 1);
}

#[tokio::test]
async fn an_address_too_long_for_metadata_does_not_keep_its_page_away() {
    let pipeline = Pipeline::start().await;
    let site = Site::start().await;
    let path = format!("/{}", "%E0%B8%81".repeat(90));
    site.says(&path, StatusCode::OK, "ก");
    let source = declare(&pipeline, "page", &format!("{}{path}", site.address)).await;
    visit(&pipeline, source).await;
    let (status, told, pages) = result(&pipeline, source).await;
    assert_eq!((status.as_str(), pages), ("completed", 1), "{told}");
}

#[tokio::test]
async fn what_is_asked_for_daily_is_due_at_each_days_clock() {
    let pipeline = Pipeline::start().await;
    let source = declare(&pipeline, "page", "https://example.com/").await;
    let admin = pipeline.database.admin().await.expect("a superuser");
    let due = async |since: &str, every: i32| {
        let ago = format!(
            "UPDATE docent.web_sources SET last_visited_at = now() - interval '{since}', every_hours = {every}"
        );
        admin.batch_execute(&ago).await.expect("visited");
        let tx = pipeline.organization.tx().await;
        let due = web_visits::due(&tx).await.expect("due");
        tx.finish().await.expect("commit");
        due == [source.0]
    };
    assert!(due("23 hours 59 minutes", 24).await, "visited a little after yesterday's clock");
    assert!(!due("11 hours", 24).await);
    assert!(!due("6 days 11 hours", 168).await);
    assert!(due("6 days 13 hours", 168).await);
    assert!(due("31 minutes", 1).await && !due("29 minutes", 1).await);
}
