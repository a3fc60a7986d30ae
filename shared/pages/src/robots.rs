//! robots.txt (RFC 9309): read once a site and run; and the pause between requests that it may ask for.

use crate::{
    Conditional, PRODUCT_TOKEN, Refused,
    exchange::{self, Answer},
    fetch::{Budget, Fetcher, redirect},
};
use domain::limits;
use http::StatusCode;
use robotxt::Robots;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::OnceCell, time::Instant};
use url::{Position, Url};

/// What is known of the sites of this run.
#[derive(Default)]
pub struct Sites {
    by_origin: Mutex<HashMap<String, Arc<Site>>>,
}

/// One scheme, host and port.
#[derive(Default)]
pub struct Site {
    /// What cannot be read allows nothing.
    rules: OnceCell<Result<Robots, Refused>>,
    /// When the next request may begin.
    next: Mutex<Option<Instant>>,
}

impl Sites {
    /// The site of a page.
    pub fn of(&self, url: &Url) -> Arc<Site> {
        let origin = url[..Position::BeforePath].to_owned();
        let mut sites = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sites.entry(origin).or_default())
    }
}

impl Site {
    /// Asks robots.txt for a page, and waits as long as it wants requests to be apart.
    ///
    /// # Errors
    /// [`Refused::Robots`]; [`Refused::RobotsUnreadable`], or what keeps us from the site itself.
    pub async fn admit(&self, fetcher: &Fetcher, url: &Url) -> Result<(), Refused> {
        let rules = self.rules.get_or_init(|| read(fetcher, url)).await.as_ref().map_err(Clone::clone)?;
        if !rules.is_url_allowed(url) {
            return Err(Refused::Robots);
        }
        if let Some(delay) = rules.crawl_delay().filter(|delay| !delay.is_zero()) {
            tokio::time::sleep_until(self.turn(delay.min(fetcher.times.crawl_delay))).await;
        }
        Ok(())
    }

    /// Takes the next turn: concurrent requests queue up.
    fn turn(&self, delay: Duration) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + delay);
        turn
    }
}

async fn read(fetcher: &Fetcher, page: &Url) -> Result<Robots, Refused> {
    let mut url = page.clone();
    url.set_path("/robots.txt");
    url.set_query(None);
    let mut budget = Budget::new(fetcher.times.robots);
    let host = page.host_str().unwrap_or_default();
    budget.spend(follow(fetcher, url)).await.map_err(|refused| match refused {
        Refused::Private(at) | Refused::Unreachable(at) | Refused::Untrusted(at) if at != host => {
            Refused::RobotsUnreadable(host.to_owned())
        }
        // The site as a whole, not only this file of it.
        Refused::Private(_) | Refused::Unreachable(_) | Refused::Untrusted(_) => refused,
        _ => Refused::RobotsUnreadable(host.to_owned()),
    })
}

/// The rules that a site's robots.txt gives us. An error means that it cannot be read.
async fn follow(fetcher: &Fetcher, mut url: Url) -> Result<Robots, Refused> {
    for _ in 0..=limits::WEB_REDIRECTS {
        let (network, policy) = (&fetcher.network, fetcher.policy);
        let answer =
            exchange::ask(network, policy, &url, "text/plain,*/*;q=0.5", &Conditional::default()).await?;
        match redirect(&url, &answer, policy)? {
            Some(next) => url = next,
            None => return rules(answer, &url).await,
        }
    }
    // Too many redirects count as a robots.txt that is not there (RFC 9309, 2.3.1.2).
    Ok(Robots::allow_all())
}

async fn rules(answer: Answer, url: &Url) -> Result<Robots, Refused> {
    match answer.status {
        status if status.is_success() => {
            // What is over the limit is ignored; the parser leaves out a line that was cut.
            let content = answer.content(url, limits::WEB_ROBOTS_BYTES + 1).await?;
            Ok(Robots::parse(&content.bytes, PRODUCT_TOKEN))
        }
        // A site that is asked too often has not said that everything is allowed.
        StatusCode::TOO_MANY_REQUESTS => Err(Refused::Status(429)),
        status if status.is_client_error() => Ok(Robots::allow_all()),
        status => Err(Refused::Status(status.as_u16())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn requests_to_a_site_take_turns() {
        let site = Site::default();
        let delay = Duration::from_secs(4);
        let first = site.turn(delay);
        assert!(first <= Instant::now());
        assert_eq!(site.turn(delay), first + delay);
        assert_eq!(site.turn(delay), first + delay + delay);
    }

    #[test]
    fn sites_differ_by_scheme_host_and_port() {
        let sites = Sites::default();
        let of = |text: &str| Arc::as_ptr(&sites.of(&Url::parse(text).expect("a URL")));
        let base = of("https://example.com/a");
        assert_eq!(base, of("https://example.com:443/b?c"));
        for other in ["http://example.com/", "https://www.example.com/", "https://example.com:8443/"] {
            assert_ne!(base, of(other), "{other}");
        }
    }
}
