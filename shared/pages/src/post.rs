//! Sending something to an address that somebody gave: with the same care as a visit, and without its courtesies. No redirect is
//! followed; of an answer its status is read, and where somebody wants it the beginning of its body.

use crate::{Fetcher, PRODUCT_TOKEN, Refused, exchange, location};
use bytes::Bytes;
use domain::limits;
use http::{Method, Request, header};
use http_body_util::Full;
use std::time::Duration;
use tokio::time::timeout;
use url::{Position, Url};

/// JSON that is sent somewhere.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// How.
    pub method: Method,
    /// Where to.
    pub url: &'a str,
    /// Besides those that every request has.
    pub headers: &'a [(&'static str, String)],
    /// What.
    pub body: String,
}

/// What the other side says.
#[derive(Debug)]
pub struct Answered {
    /// Of HTTP.
    pub status: u16,
    /// Its body, up to [`limits::DELIVERY_ANSWER_BYTES`].
    pub body: Vec<u8>,
}

impl Fetcher {
    /// Posts JSON, once; the status of the answer.
    ///
    /// # Errors
    /// [`Refused`], with a sentence for a person.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<u16, Refused> {
        let outgoing = Outgoing { method: Method::POST, url, headers, body };
        in_time(async { Ok(self.begin(&outgoing).await?.0.status.as_u16()) }).await
    }

    /// Sends JSON, once.
    ///
    /// # Errors
    /// [`Refused`], with a sentence for a person.
    pub async fn send(&self, outgoing: &Outgoing<'_>) -> Result<Answered, Refused> {
        in_time(async {
            let (answer, url) = self.begin(outgoing).await?;
            let status = answer.status.as_u16();
            let content = answer.content(&url, limits::DELIVERY_ANSWER_BYTES).await?;
            Ok(Answered { status, body: content.bytes })
        })
        .await
    }

    async fn begin(&self, outgoing: &Outgoing<'_>) -> Result<(exchange::Answer, Url), Refused> {
        let url = location::read(outgoing.url, self.policy)?;
        let mut request = Request::builder()
            .method(&outgoing.method)
            .uri(&url[Position::BeforePath..Position::AfterQuery])
            .header(header::HOST, &url[Position::BeforeHost..Position::AfterPort])
            .header(header::USER_AGENT, format!("{PRODUCT_TOKEN}/{}", env!("CARGO_PKG_VERSION")))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_LENGTH, outgoing.body.len())
            .header(header::CONNECTION, "close");
        for (name, value) in outgoing.headers {
            request = request.header(*name, value);
        }
        let request = request.body(Full::new(Bytes::from(outgoing.body.clone()))).map_err(|_| {
            Refused::Address(
                "The address or a header holds characters that a web server does not take: encode them."
                    .into(),
            )
        })?;
        Ok((exchange::send(&self.network, self.policy, &url, request).await?, url))
    }
}

async fn in_time<T>(sending: impl Future<Output = Result<T, Refused>>) -> Result<T, Refused> {
    let patience = Duration::from_secs(limits::WEB_POST_SECONDS);
    timeout(patience, sending).await.unwrap_or(Err(Refused::TooSlow))
}
