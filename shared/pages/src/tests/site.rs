//! Sitemaps over HTTP.

use crate::{Refused, fake::*};
use flate2::{Compression, write::GzEncoder};
use std::io::Write as _;

fn urlset(addresses: &[&str]) -> String {
    let urls: String = addresses.iter().map(|address| format!("<url><loc>{address}</loc></url>")).collect();
    format!("<urlset>{urls}</urlset>")
}

fn index(addresses: &[&str]) -> String {
    urlset(addresses).replace("urlset>", "sitemapindex>").replace("url>", "sitemap>")
}

fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes.as_ref()).and_then(|()| encoder.finish()).expect("gzip")
}

/// A site with several sitemaps, under a public name.
async fn web() -> Closed {
    let site = Site::new(|path, _| {
        let host = "http://example.com";
        let pages = ["http://example.com/a", " http://docs.example.com/b#c\n", "http://example.com/a#d"];
        let foreign = [
            "http://other.example/",
            "http://127.0.0.1/",
            "ftp://example.com/",
            "/relative",
            "http://u@example.com/",
            "http://example.com:22/",
            "",
        ];
        match path {
            "/robots.txt" => answer(200, &[], "User-agent: *\nDisallow: /closed.xml"),
            "/sitemap.xml" => {
                // What Yoast says of each sitemap; it is about the sitemap itself.
                answer(
                    200,
                    &[("x-robots-tag", "noindex, follow")],
                    urlset(&[&pages[..], &foreign[..]].concat()),
                )
            }
            "/sitemap.xml.gz" => answer(200, &[("content-type", "application/gzip")], gzip(urlset(&pages))),
            "/twice.xml.gz" => {
                let twice = gzip(gzip(urlset(&pages)));
                answer(200, &[("content-encoding", "gzip")], twice)
            }
            "/bomb.xml.gz" => answer(200, &[], gzip(" ".repeat(100 * 1024 * 1024))),
            "/foreign.xml" => answer(200, &[], urlset(&foreign)),
            "/index.xml" => answer(
                200,
                &[],
                index(&[
                    &format!("{host}/one.xml"),
                    &format!("{host}/sitemap.xml.gz"),
                    "http://other.example/x.xml",
                ]),
            ),
            "/one.xml" => answer(200, &[], urlset(&["http://example.com/one"])),
            "/nested.xml" => {
                answer(200, &[], index(&[&format!("{host}/one.xml"), &format!("{host}/index.xml")]))
            }
            "/half.xml" => {
                answer(200, &[], index(&[&format!("{host}/one.xml"), &format!("{host}/gone.xml")]))
            }
            "/page.xml" => html("<p>no sitemap</p>"),
            _ => nothing(),
        }
    })
    .await;
    Closed::new(site.address, rustls::RootCertStore::empty(), |_, _| vec![PUBLIC])
}

#[tokio::test]
async fn a_sitemap_lists_the_pages_of_its_site_once() {
    let web = web().await;
    let pages = async |path: &str| -> Vec<String> {
        let entries = web.fetcher.sitemap(&format!("http://example.com{path}")).await.expect(path);
        entries.into_iter().map(|entry| entry.url.to_string()).collect()
    };
    let expected = ["http://example.com/a", "http://docs.example.com/b"];
    assert_eq!(pages("/sitemap.xml").await, expected);
    assert_eq!(pages("/sitemap.xml.gz").await, expected);
    assert_eq!(pages("/twice.xml.gz").await, expected);
    let all = ["http://example.com/one", "http://example.com/a", "http://docs.example.com/b"];
    assert_eq!(pages("/index.xml").await, all);
}

#[tokio::test]
async fn a_sitemap_that_is_not_whole_is_none() {
    let web = web().await;
    let refused =
        async |path: &str| web.fetcher.sitemap(&format!("http://example.com{path}")).await.expect_err(path);
    for path in ["/foreign.xml", "/nested.xml", "/page.xml", "/bomb.xml.gz"] {
        assert!(matches!(refused(path).await, Refused::Sitemap(_)), "{path}");
    }
    assert_eq!(refused("/half.xml").await, Refused::Status(404));
    assert_eq!(refused("/closed.xml").await, Refused::Robots);
}
