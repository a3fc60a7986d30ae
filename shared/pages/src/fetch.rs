//! Fetching one page: each address on the way is checked, asked for in robots.txt, resolved and bounded anew.

use crate::{
    Refused, Resolver,
    connect::Network,
    exchange::{self, Answer},
    indexing, kind, location,
    robots::Sites,
};
use domain::limits;
use http::{HeaderName, StatusCode, header};
use std::time::Duration;
use tokio::time::{Instant, timeout};
use url::Url;

/// Where a fetcher may go.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policy {
    /// Also this machine and private networks, at any port: for a stack on one's own machine, never in the cloud.
    pub allow_private: bool,
}

/// What the last visit's answer said, so that a page that did not change is not sent again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditional {
    /// Its `ETag`, verbatim.
    pub etag: Option<String>,
    /// Its `Last-Modified`, verbatim.
    pub last_modified: Option<String>,
}

/// What is at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// A page.
    Page {
        /// After all redirects.
        final_url: Url,
        /// As the server says, with its parameters; `application/octet-stream` when it does not.
        content_type: String,
        /// Unpacked.
        bytes: Vec<u8>,
        /// For [`Conditional`], verbatim.
        etag: Option<String>,
        /// For [`Conditional`], verbatim.
        last_modified: Option<String>,
    },
    /// What the last visit found is still true.
    NotModified,
    /// No page, or no longer.
    Gone,
}

/// Visits sites. One a run: what it learns of a site's robots.txt holds as long as it lives.
pub struct Fetcher {
    pub(crate) policy: Policy,
    pub(crate) network: Network,
    pub(crate) times: Times,
    sites: Sites,
}

/// How long things may take; shorter in tests.
pub struct Times {
    pub page: Duration,
    pub robots: Duration,
    pub sitemap: Duration,
    pub crawl_delay: Duration,
}

impl Fetcher {
    /// A fetcher over the machine's own resolver.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self::over(Network::new(), policy)
    }

    /// A fetcher that finds hosts in another way.
    #[must_use]
    pub fn with_resolver(policy: Policy, resolver: Resolver) -> Self {
        Self::over(Network::with_resolver(resolver), policy)
    }

    pub(crate) fn over(network: Network, policy: Policy) -> Self {
        let times = Times {
            page: Duration::from_secs(limits::WEB_FETCH_SECONDS),
            robots: Duration::from_secs(limits::WEB_ROBOTS_SECONDS),
            sitemap: Duration::from_secs(limits::SITEMAP_SECONDS),
            crawl_delay: Duration::from_secs(limits::WEB_CRAWL_DELAY_SECONDS),
        };
        Self { policy, network, times, sites: Sites::default() }
    }

    /// Fetches a page, if it differs from what the last visit found.
    ///
    /// # Errors
    /// [`Refused`], with a sentence for a person.
    pub async fn fetch(&self, url: &str, conditional: &Conditional) -> Result<Fetched, Refused> {
        let url = location::read(url, self.policy)?;
        let mut budget = Budget::new(self.times.page);
        let (url, answer) = self.follow(url, kind::ACCEPT, conditional, &mut budget).await?;
        let is_asked = *conditional != Conditional::default();
        match answer.status {
            StatusCode::OK | StatusCode::NOT_MODIFIED if indexing::is_refused_by_header(&answer.headers) => {
                Err(Refused::NoIndex)
            }
            StatusCode::OK => budget.spend(page(url, answer)).await,
            StatusCode::NOT_MODIFIED if is_asked => Ok(Fetched::NotModified),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Fetched::Gone),
            status => Err(Refused::Status(status.as_u16())),
        }
    }

    /// Follows redirects to the first answer that is none.
    pub(crate) async fn follow(
        &self,
        mut url: Url,
        accept: &'static str,
        conditional: &Conditional,
        budget: &mut Budget,
    ) -> Result<(Url, Answer), Refused> {
        for _ in 0..=limits::WEB_REDIRECTS {
            // Outside the budget: robots.txt has its own, and a pause is the site's wish.
            self.sites.of(&url).admit(self, &url).await?;
            let asked = exchange::ask(&self.network, self.policy, &url, accept, conditional);
            let answer = budget.spend(asked).await?;
            match redirect(&url, &answer, self.policy)? {
                Some(next) => url = next,
                None => return Ok((url, answer)),
            }
        }
        Err(Refused::TooManyRedirects)
    }
}

/// Where an answer sends us, checked as an address; it is resolved and checked again when it is asked.
///
/// # Errors
/// [`Refused::Downgrade`], [`Refused::Address`].
pub fn redirect(url: &Url, answer: &Answer, policy: Policy) -> Result<Option<Url>, Refused> {
    if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let target = answer.field(header::LOCATION).ok_or(Refused::Status(answer.status.as_u16()))?;
    let next = location::join(url, target, policy)?;
    if url.scheme() == "https" && next.scheme() == "http" {
        return Err(Refused::Downgrade);
    }
    Ok(Some(next))
}

async fn page(url: Url, answer: Answer) -> Result<Fetched, Refused> {
    let content_type = kind::named(answer.headers.get(header::CONTENT_TYPE));
    let essence = kind::essence(&content_type);
    if !kind::is_taken(&essence, &url) {
        return Err(Refused::Type(domain::document::clip(&essence, limits::TITLE_CHARACTERS)));
    }
    if answer.announces_more_than(limits::WEB_PAGE_BYTES) {
        return Err(Refused::TooLarge);
    }
    let kept = |name: HeaderName| {
        answer.field(name).filter(|value| value.len() <= limits::WEB_VALIDATOR_BYTES).map(str::to_owned)
    };
    let (etag, last_modified) = (kept(header::ETAG), kept(header::LAST_MODIFIED));
    let content = answer.content(&url, limits::WEB_PAGE_BYTES).await?;
    if content.is_cut {
        return Err(Refused::TooLarge);
    }
    let bytes = content.bytes;
    if essence.contains("html") && indexing::is_refused_by_page(&bytes) {
        return Err(Refused::NoIndex);
    }
    Ok(Fetched::Page { final_url: url, content_type, bytes, etag, last_modified })
}

/// Time that several steps share.
pub struct Budget {
    left: Duration,
}

impl Budget {
    pub fn new(left: Duration) -> Self {
        Self { left }
    }

    /// Does a step within what is left.
    pub async fn spend<T>(&mut self, step: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
        let started = Instant::now();
        let outcome = timeout(self.left, step).await.unwrap_or(Err(Refused::TooSlow));
        self.left = self.left.saturating_sub(started.elapsed());
        outcome
    }
}
