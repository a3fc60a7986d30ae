//! Sitemaps: which pages a site says that it has. A sitemap is read as a whole or refused: half a list would look
//! as if the other half had been deleted.

mod file;

use crate::{Conditional, Fetcher, Policy, Refused, exchange, fetch::Budget, location};
use domain::limits;
use file::File;
use http::StatusCode;
use jiff::Timestamp;
use std::collections::BTreeSet;
use tokio::time::timeout;
use url::{Host, Url};

const ACCEPT: &str = "application/xml,text/xml,*/*;q=0.5";
/// The first bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A page that a sitemap lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Checked as an address, without its fragment.
    pub url: Url,
    /// The latest moment that the sitemap's word for the last change can mean: for a day, its end everywhere.
    pub last_modified: Option<Timestamp>,
}

impl Fetcher {
    /// The pages that a sitemap lists, or the sitemaps that a sitemap index lists: those of the sitemap's own host
    /// and the hosts below it, each once, in its order. Others are left out.
    ///
    /// # Errors
    /// [`Refused`], also when one of the files cannot be read, when there are more than [`limits::SITEMAP_PAGES`]
    /// pages, and when there is none.
    pub async fn sitemap(&self, url: &str) -> Result<Vec<Entry>, Refused> {
        let url = location::read(url, self.policy)?;
        timeout(self.times.sitemap, self.pages_of(url)).await.unwrap_or(Err(Refused::TooSlow))
    }

    async fn pages_of(&self, url: Url) -> Result<Vec<Entry>, Refused> {
        let mut pages = Pages { site: &url, policy: self.policy, seen: BTreeSet::new(), entries: Vec::new() };
        let file = self.file(url.clone()).await?;
        if file.is_index {
            let files = own_files(&url, self.policy, &file)?;
            for file in files {
                let file = self.file(file).await?;
                if file.is_index {
                    return Err(refused("The sitemap index names another index: give the inner one."));
                }
                pages.add(file)?;
            }
        } else {
            pages.add(file)?;
        }
        // An empty list is a site's mishap more often than its wish, and it would empty the collection.
        if pages.entries.is_empty() {
            return Err(refused(
                "The sitemap lists no page of its own site: check that it is the right one.",
            ));
        }
        Ok(pages.entries)
    }

    async fn file(&self, url: Url) -> Result<File, Refused> {
        let mut budget = Budget::new(self.times.page);
        let (url, answer) = self.follow(url, ACCEPT, &Conditional::default(), &mut budget).await?;
        if answer.status != StatusCode::OK {
            return Err(Refused::Status(answer.status.as_u16()));
        }
        // `noindex` is not looked for: it is about the sitemap's own text.
        let mut content = budget.spend(answer.content(&url, limits::WEB_PAGE_BYTES)).await?;
        if !content.is_cut && content.bytes.starts_with(&GZIP) {
            content = exchange::unpack(&content.bytes, limits::WEB_PAGE_BYTES)?;
        }
        if content.is_cut {
            return Err(refused(&format!(
                "The sitemap is larger than {} MB: give a sitemap of a part of the site.",
                limits::WEB_PAGE_BYTES / 1024 / 1024
            )));
        }
        file::parse(&content.bytes)
    }
}

/// Pages of one site, collected.
struct Pages<'a> {
    site: &'a Url,
    policy: Policy,
    seen: BTreeSet<String>,
    entries: Vec<Entry>,
}

impl Pages<'_> {
    fn add(&mut self, file: File) -> Result<(), Refused> {
        for listed in file.entries {
            let Ok(url) = location::read(listed.address.trim(), self.policy) else { continue };
            if !is_of_site(&url, self.site) || !self.seen.insert(crate::key_of(&url)) {
                continue;
            }
            if self.entries.len() == limits::SITEMAP_PAGES {
                return Err(refused(&format!(
                    "The sitemap lists more than {} pages: give a sitemap of a part of the site.",
                    limits::SITEMAP_PAGES
                )));
            }
            let last_modified = file::latest(listed.last_modified.trim());
            self.entries.push(Entry { url, last_modified });
        }
        Ok(())
    }
}

fn own_files(site: &Url, policy: Policy, file: &File) -> Result<Vec<Url>, Refused> {
    if file.entries.len() > limits::SITEMAP_FILES {
        return Err(refused(&format!(
            "The sitemap index names more than {} sitemaps: give one of them.",
            limits::SITEMAP_FILES
        )));
    }
    let urls = file.entries.iter().filter_map(|listed| location::read(listed.address.trim(), policy).ok());
    Ok(urls.filter(|url| is_of_site(url, site)).collect())
}

/// Whether a page is of the sitemap's host or of one below it; `www.` in front of the sitemap's own does not count.
fn is_of_site(page: &Url, site: &Url) -> bool {
    let (Some(Host::Domain(page)), Some(Host::Domain(site))) = (page.host(), site.host()) else {
        return page.host() == site.host();
    };
    let (page, site) = (page.trim_end_matches('.'), site.trim_end_matches('.'));
    let site = site.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(site);
    page.strip_suffix(site).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn refused(sentence: &str) -> Refused {
    Refused::Sitemap(sentence.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_of_its_site_by_host_not_by_likeness() {
        let is_of = |page: &str, site: &str| {
            let url = |host: &str| Url::parse(&format!("https://{host}/")).expect("a URL");
            is_of_site(&url(page), &url(site))
        };
        assert!(is_of("example.com", "example.com"));
        assert!(is_of("docs.example.com", "example.com"));
        assert!(is_of("example.com", "www.example.com"));
        assert!(is_of("docs.example.com.", "www.example.com"));
        assert!(is_of("192.0.2.1", "192.0.2.1"));
        for (page, site) in [
            ("badexample.com", "example.com"),
            ("example.com.evil.example", "example.com"),
            ("example.com", "docs.example.com"),
            ("other.com", "www.com"),
            ("192.0.2.1", "2.1"),
            ("10.192.0.2", "192.0.2.1"),
            ("example.com", "192.0.2.1"),
        ] {
            assert!(!is_of(page, site), "{page} {site}");
        }
    }

    #[test]
    fn a_source_has_an_edge_at_its_limit() {
        let site = Url::parse("https://example.com/sitemap.xml").expect("a URL");
        let listed = |number: usize| file::Listed {
            address: format!("https://example.com/{number}"),
            last_modified: String::new(),
        };
        let mut pages =
            Pages { site: &site, policy: Policy::default(), seen: BTreeSet::new(), entries: Vec::new() };
        // What is listed twice, or elsewhere, does not count.
        let elsewhere =
            file::Listed { address: "https://other.example/".into(), last_modified: String::new() };
        let full = (0..limits::SITEMAP_PAGES).chain(0..5).map(listed).chain([elsewhere]).collect();
        assert_eq!(pages.add(File { is_index: false, entries: full }), Ok(()));
        assert_eq!(pages.entries.len(), limits::SITEMAP_PAGES);
        let more = vec![listed(limits::SITEMAP_PAGES)];
        assert!(matches!(pages.add(File { is_index: false, entries: more }), Err(Refused::Sitemap(_))));
    }

    #[test]
    fn an_index_has_an_edge_at_its_limit() {
        let site = Url::parse("https://example.com/sitemap.xml").expect("a URL");
        let index = |files: usize| File {
            is_index: true,
            entries: (0..files)
                .map(|number| file::Listed {
                    address: format!("https://example.com/{number}.xml"),
                    last_modified: String::new(),
                })
                .collect(),
        };
        let policy = Policy::default();
        let files = own_files(&site, policy, &index(limits::SITEMAP_FILES)).expect("within the limit");
        assert_eq!(files.len(), limits::SITEMAP_FILES);
        assert!(own_files(&site, policy, &index(limits::SITEMAP_FILES + 1)).is_err());
    }
}
