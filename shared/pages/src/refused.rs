//! Why a page was not fetched: one sentence for a person each.

use domain::limits;

/// What kept a page or a sitemap from being read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not the address of a web page that may be visited; the sentence says why.
    #[error("{0}")]
    Address(String),
    /// The host, or one of its addresses, is not on the public internet.
    #[error(
        "The host {0} is inside a private or reserved network, which is never visited: give a public address."
    )]
    Private(String),
    /// No answer, or none that is HTTP.
    #[error("The host {0} was not found or does not answer: check the address, or try again later.")]
    Unreachable(String),
    /// TLS without a certificate that is trusted.
    #[error("The host {0} shows no certificate that can be trusted: its owner has to renew or correct it.")]
    Untrusted(String),
    /// The time is up.
    #[error("The page did not arrive in time: try again later.")]
    TooSlow,
    /// More bytes than a page may have.
    #[error("The page is larger than {} MB: split it, or upload it as a file.", limits::WEB_PAGE_BYTES / 1024 / 1024)]
    TooLarge,
    /// More redirects than are followed.
    #[error(
        "The page redirects more than {} times: give the address that it ends at.",
        limits::WEB_REDIRECTS
    )]
    TooManyRedirects,
    /// From https to http.
    #[error(
        "The page redirects from https to http, which is not followed: give the address that it ends at."
    )]
    Downgrade,
    /// A format that is not read.
    #[error("The address holds “{0}”, which is not read: web pages, text, PDF and office documents are.")]
    Type(String),
    /// Packed in a way that was not asked for, or damaged.
    #[error(
        "The page arrives packed in a way that cannot be read: its server has to send it plain or as gzip."
    )]
    Encoding,
    /// Any other answer than a page.
    #[error(
        "The server answers with status {0} instead of a page: open the address in a browser to see why."
    )]
    Status(u16),
    /// robots.txt forbids it.
    #[error(
        "The site's robots.txt asks not to fetch this page: its owner can allow {} there.",
        crate::PRODUCT_TOKEN
    )]
    Robots,
    /// robots.txt cannot be read, so that nothing is known to be allowed.
    #[error("The robots.txt of {0} cannot be read, so its pages are left alone: try again later.")]
    RobotsUnreadable(String),
    /// The page asks not to be found.
    #[error("The page asks not to be indexed (noindex): its owner can allow it.")]
    NoIndex,
    /// A sitemap that is not one, or one over its limits; the sentence says why.
    #[error("{0}")]
    Sitemap(String),
}

impl Refused {
    /// Whether the same address may be read later although nobody changed it.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Untrusted(_) | Self::TooSlow | Self::RobotsUnreadable(_) => true,
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500..=599),
            _ => false,
        }
    }
}
